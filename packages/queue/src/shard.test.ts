import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { INBOUND_SHARDS } from './jobs.ts'
import { shardOf } from './shard.ts'

t.test('every process, of every version, puts a chat into the same queue', async (t) => {
  // Fixed for ever: a chat that changed its queue could overtake itself.
  t.same(
    ['5511999990001', '5511999990002', '5511999990003'].map((phone) =>
      shardOf('acme', `${phone}@s.whatsapp.net`),
    ),
    [7, 1, 6],
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (tenant, chat) => {
        const shard = shardOf(tenant, chat)
        assert.equal(shardOf(tenant, chat), shard)
        assert.ok(Number.isInteger(shard) && shard >= 0 && shard < INBOUND_SHARDS)
      }),
    ),
  )
})

t.test('chats are spread evenly, within one tenant and over many', async (t) => {
  const chats = Array.from({ length: 8_000 }, (_, n) => `55119${String(n).padStart(8, '0')}@s.whatsapp.net`)
  for (const tenantOf of [() => 'acme', (n: number) => `tenant-${n}`]) {
    const counts = Array.from({ length: INBOUND_SHARDS }, () => 0)
    for (const [n, chat] of chats.entries()) {
      const shard = shardOf(tenantOf(n), chat)
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    const even = chats.length / INBOUND_SHARDS
    for (const count of counts) t.ok(Math.abs(count - even) < even * 0.15, `${count} of ${even}`)
  }
})

t.test('where the tenant ends and the chat begins is told apart', async (t) => {
  const joined = Array.from({ length: 40 }, (_, n) => [shardOf(`a${n}`, 'b'), shardOf('a', `${n}b`)])
  t.ok(joined.some(([one, other]) => one !== other))
})
