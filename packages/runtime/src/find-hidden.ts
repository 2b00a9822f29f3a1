/** Words that make a browser take bytes for a page. Each is so long that no picture has one by chance. */
const PAGE = /<!doctype|<script|<iframe|<html[\s>]/i
const PORTABLE_DOCUMENT = /%PDF-[12]/
/** As long as the longest of them: one may lie across two pieces. */
const OVERLAP = 16

/** A zip ends with a record of 22 bytes, and a comment of 65,535 at most: who opens one looks for it from behind. */
const ZIP_END = Buffer.from([0x50, 0x4b, 5, 6])
const ZIP_END_BYTES = 22
const TAIL_BYTES = ZIP_END_BYTES + 65_535

/** Looks for a second file inside of one, piece by piece. */
export interface HiddenSearch {
  /** @returns what was found: `a page`, `a PDF` */
  look(piece: Uint8Array): string | undefined
  /** @returns what the last bytes are the end of: `a zip archive` */
  end(): string | undefined
}

/**
 * A search for files that are two: a picture that is also a page, a PDF or a zip. Each of them is found wherever those
 * who would open it look for it; what is packed or ciphered inside is not seen.
 */
export function createHiddenSearch(): HiddenSearch {
  let before = ''
  let tail: Buffer = Buffer.alloc(0)
  return {
    look: (piece) => {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
      const text = before + bytes.toString('latin1')
      before = text.slice(-OVERLAP)
      tail = bytes.length >= TAIL_BYTES ? Buffer.from(bytes.subarray(-TAIL_BYTES)) : lastOf(tail, bytes)
      if (PAGE.test(text)) return 'a page'
      return PORTABLE_DOCUMENT.test(text) ? 'a PDF' : undefined
    },
    end: () => (endsZip(tail) ? 'a zip archive' : undefined),
  }
}

const lastOf = (tail: Buffer, bytes: Buffer): Buffer => Buffer.concat([tail, bytes]).subarray(-TAIL_BYTES)

/** A record that says of its comment that it reaches to the last byte, or leaves a few bytes behind it. */
function endsZip(tail: Buffer): boolean {
  for (let at = tail.lastIndexOf(ZIP_END); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(ZIP_END, at - 1)) {
    if (at + ZIP_END_BYTES > tail.length) continue
    const end = at + ZIP_END_BYTES + tail.readUInt16LE(at + 20)
    if (end <= tail.length && hasDirectory(tail, at)) return true
  }
  return false
}

/** The directory that it names lies before it: four bytes of a picture that look like a record name none such. */
function hasDirectory(tail: Buffer, at: number): boolean {
  const begins = at - tail.readUInt32LE(at + 12)
  if (begins === at) return true
  if (begins >= 0) return tail.readUInt32LE(begins) === 0x02014b50
  // It lies further back. Of archives that are one file, these are the same numbers.
  return tail.readUInt32LE(at + 4) === 0 && tail.readUInt16LE(at + 8) === tail.readUInt16LE(at + 10)
}
