import fc from 'fast-check'
import t from 'tap'
import { createHiddenSearch } from './find-hidden.ts'

/** What is found in bytes that come in pieces of this size. */
function searchIn(bytes: Buffer, size: number): string | undefined {
  const search = createHiddenSearch()
  let found: string | undefined
  for (let at = 0; at < bytes.length; at += size) found ??= search.look(bytes.subarray(at, at + size))
  return found ?? search.end()
}

/** A zip of one entry: its directory, and its end. */
function zip({ comment = 0, before = 0 } = {}): Buffer {
  const directory = Buffer.concat([Buffer.from('PK\u0001\u0002', 'latin1'), Buffer.alloc(43)])
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(before, 16)
  end.writeUInt16LE(comment, 20)
  return Buffer.concat([directory, end, Buffer.alloc(comment, 32)])
}

const picture = (length: number) => Buffer.alloc(length, 0x80)

t.test('a second file is found wherever it lies, however the bytes come', async (t) => {
  const table: [name: string, bytes: Buffer, found: string | undefined][] = [
    ['nothing', picture(200_000), undefined],
    ['no bytes', Buffer.alloc(0), undefined],
    ['a page', Buffer.concat([picture(99_990), Buffer.from('<ScRiPt>')]), 'a page'],
    [
      'a page that begins with its document type',
      Buffer.concat([Buffer.from('<!DOCTYPE html>'), picture(9)]),
      'a page',
    ],
    ['a frame', Buffer.concat([picture(70_000), Buffer.from('<iframe src=x>'), picture(9)]), 'a page'],
    ['a word that only begins so', Buffer.from('<htmlx <scrip <i frame'), undefined],
    ['a PDF', Buffer.concat([picture(70_000), Buffer.from('%PDF-1.4')]), 'a PDF'],
    ['no PDF', Buffer.concat([picture(70_000), Buffer.from('%PDF')]), undefined],
    ['a zip', Buffer.concat([picture(200_000), zip()]), 'a zip archive'],
    ['a zip with a comment', Buffer.concat([picture(9), zip({ comment: 65_535 })]), 'a zip archive'],
    ['a zip with bytes behind it', Buffer.concat([picture(9), zip(), picture(9)]), 'a zip archive'],
    [
      'the name of a zip\u2019s end alone',
      Buffer.concat([picture(9), Buffer.from('PK\u0005\u0006'), picture(90)]),
      undefined,
    ],
  ]
  for (const [name, bytes, found] of table) {
    for (const size of [1_000, 65_536, 1_000_000])
      t.equal(searchIn(bytes, size), found, `${name}, by ${size}`)
  }
})

t.test('what is found does not hang on where the pieces are cut', async (t) => {
  const hidden = fc.constantFrom('<script', '<html>', '<!doctype', '<iframe', '%PDF-1')
  const asked = fc.tuple(fc.nat({ max: 60 }), hidden, fc.nat({ max: 60 }), fc.integer({ min: 1, max: 20 }))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(asked, ([before, word, behind, size]) => {
        const bytes = Buffer.concat([picture(before), Buffer.from(word), picture(behind)])
        return searchIn(bytes, size) !== undefined
      }),
    ),
  )
})
