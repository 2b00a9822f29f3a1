import { commit } from '@carteiro/domain/events/unit-of-work'
import { saveMessages } from '@carteiro/domain/messages/save-message'
import { readQuery } from '@carteiro/domain/search/read-query'
import { searchMessages } from '@carteiro/domain/search/search-messages'
import { messageEnvelope } from '@carteiro/domain/testing/envelopes'
import { startDomain } from '@carteiro/domain/testing/start-domain'
import { createLifecycle, pause } from '@carteiro/runtime/lifecycle'
import t from 'tap'
import { keepSearch } from './keep-search.ts'

const LOOK_MS = 50

t.test('what is written is found a moment later, once, however many workers read', async (t) => {
  const domain = await startDomain(t)
  const { db, logger } = domain
  const lifecycle = createLifecycle(logger)
  t.teardown(() => lifecycle.stop())
  for (let worker = 0; worker < 3; worker++) keepSearch({ db, logger, lifecycle })
  const found = async () => {
    const read = readQuery('pedido')
    if (read.status !== 'read') throw new Error(read.status)
    const { items } = await searchMessages(db, { tenantId: 'acme', query: read.query, limit: 200 })
    return items.map(({ message }) => message.text)
  }
  const texts = Array.from({ length: 60 }, (_, n) => `pedido ${n}`)
  for (let from = 0; from < texts.length; from += 10) {
    const envelopes = texts.slice(from, from + 10).map((text) => messageEnvelope({ text }))
    await commit(domain, (work) => saveMessages(work, envelopes))
  }
  while ((await found()).length < texts.length) await pause(LOOK_MS, lifecycle.signal)
  t.same(await found(), texts.toReversed())
})
