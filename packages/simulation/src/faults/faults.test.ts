import type { BinaryNode, SocketConfig, WASocket } from '@whiskeysockets/baileys'
import { type Test, test } from 'tap'
import { startTestServer } from '../server/test-server.ts'
import { createFaults } from './create-faults.ts'
import { END_CODES, type FaultInput } from './fault.ts'

const ANA = '5511999990001'
const BETO = '5511999990002'
const ERROR_STATUS = 0
const HOUR_MS = 3_600_000
const jid = (phone: string) => `${phone}@s.whatsapp.net`

async function startBreakable(t: Test) {
  const whatsapp = await startTestServer(t)
  const faults = createFaults(whatsapp.server)
  return {
    ...whatsapp,
    faults,
    /** Ana and Beto, connected. */
    async pair(config: Partial<SocketConfig> = {}) {
      const [ana, beto] = [await whatsapp.link(ANA), await whatsapp.link(BETO)].map((credentials) =>
        whatsapp.connect(credentials, config),
      )
      if (!ana || !beto) throw new Error('two were linked')
      await Promise.all([ana.opened, beto.opened])
      return { ana, beto }
    },
  }
}

test('Baileys sees each way in which a connection ends under its own status code', async (t) => {
  const { connect, link, faults } = await startBreakable(t)
  const rows: [fault: FaultInput, code: number][] = [
    ...END_CODES.map((code): [FaultInput, number] => [{ type: 'stream-error', code }, code]),
    [{ type: 'cut' }, 428],
    [{ type: 'truncated-frame' }, 428],
    [{ type: 'half-open' }, 408],
  ]
  await Promise.all(
    rows.map(async ([fault, code], index) => {
      const phone = `55119999911${String(index).padStart(2, '0')}`
      const impatient = fault.type === 'half-open' ? { keepAliveIntervalMs: 50 } : {}
      const client = connect(await link(phone), impatient)
      await client.opened
      faults.strike(fault, { phone })
      // A frame that can be cut: its answer.
      if (fault.type === 'truncated-frame') client.socket.groupFetchAllParticipating().catch(() => undefined)
      t.equal(await client.closed, code, `${JSON.stringify(fault)} is seen as ${code}`)
    }),
  )
})

test('Baileys sees a login that is refused under the code of the failure, and its next one is taken', async (t) => {
  const { connect, link, faults } = await startBreakable(t)
  await Promise.all(
    [401, 403, 405, 500, 503].map(async (code, index) => {
      const phone = `551199999120${index}`
      const credentials = await link(phone)
      faults.strike({ type: 'refused-login', code }, { phone })
      t.equal(await connect(credentials).closed, code)
      await connect(credentials).opened
    }),
  )
  t.same(faults.armed(), [])
})

test('a server that restarts refuses clients for a while and then delivers what they missed', async (t) => {
  const { pair, connect, faults, server } = await startBreakable(t)
  const { ana, beto } = await pair()
  faults.strike({ type: 'half-open' }, { phone: BETO })
  await ana.text(jid(BETO), 'hold on', 'A-1')
  await ana.acks.reached(1)
  t.match(faults.strike({ type: 'restart', ms: 600_000 }), { connections: 2 })
  t.same(await Promise.all([ana.closed, beto.closed]), [428, 428])
  t.equal(await connect(beto.credentials).closed, 408)

  faults.strike({ type: 'restart', ms: 1 })
  let back = connect(beto.credentials)
  while ((await Promise.race([back.opened, back.closed])) !== undefined) back = connect(beto.credentials)
  t.match(await back.texts.reached(1), [{ id: 'A-1', text: 'hold on' }])
  t.equal(server.up, true)
})

test('a frame with a bad MAC is not confirmed, and comes again with the next connection', async (t) => {
  const { pair, connect, faults } = await startBreakable(t)
  const { ana, beto } = await pair()
  await ana.text(jid(BETO), 'first', 'A-1')
  await ana.updates.reached(1)
  const rejected = rejectionOf(beto.socket)
  faults.strike({ type: 'bad-mac' }, { phone: BETO })
  await ana.text(jid(BETO), 'broken', 'A-2')
  t.match(await rejected, /authenticate data/)

  faults.strike({ type: 'cut' }, { phone: BETO })
  t.equal(await beto.closed, 428)
  t.match(await connect(beto.credentials).texts.reached(1), [{ id: 'A-2', text: 'broken' }])
})

test('a message that comes twice, out of order, or after its receipt is shown once and confirmed', async (t) => {
  const { pair, connect, faults } = await startBreakable(t)
  const { ana, beto } = await pair()
  faults.strike({ type: 'duplicate' }, { phone: BETO })
  await ana.text(jid(BETO), 'twice', 'TWICE')
  await ana.updates.reached(1)

  beto.goAway()
  await beto.closed
  const ids = Array.from({ length: 9 }, (_, index) => `A-${index}`)
  for (const id of ids) await ana.text(jid(BETO), id, id)
  await ana.acks.reached(1 + ids.length)
  faults.strike({ type: 'shuffled-offline' }, { phone: BETO })
  const back = connect(beto.credentials)
  const texts = (await back.texts.reached(ids.length)).map(({ id }) => id)
  t.not(texts.join(), ids.join())
  t.same(texts.toSorted(), ids)
  t.equal(beto.texts.items.filter(({ text }) => text === 'twice').length, 1)
})

test('a receipt may come before the ack, and an ack may never come', async (t) => {
  const { pair, faults } = await startBreakable(t)
  const { ana } = await pair()
  const order: string[] = []
  ana.socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => order.push(`ack ${attrs.id}`))
  ana.socket.ws.on('CB:receipt', ({ attrs }: BinaryNode) => order.push(`receipt ${attrs.id}`))

  faults.strike({ type: 'late-ack', ms: 600_000 }, { phone: ANA })
  await ana.text(jid(BETO), 'late', 'LATE')
  await ana.acks.reached(1)
  t.same(order, ['receipt LATE', 'ack LATE'])

  faults.strike({ type: 'lost-ack' }, { phone: ANA })
  await ana.text(jid(BETO), 'lost', 'LOST')
  await ana.updates.until(({ key }) => key.id === 'LOST')
  await ana.text(jid(BETO), 'after', 'AFTER')
  t.same(await ana.acks.reached(2), ['LATE', 'AFTER'])
})

test('Baileys sees a refusal of a message as its status, and that of a query as an error', async (t) => {
  const { pair, faults } = await startBreakable(t)
  const { ana } = await pair()
  for (const code of [463, 479, 429]) {
    faults.strike({ type: 'nack', code }, { phone: ANA })
    await ana.text(jid(BETO), 'refused', `NO-${code}`)
    const updates = await ana.updates.until(({ key }) => key.id === `NO-${code}`)
    t.match(updates.at(-1)?.update, { status: ERROR_STATUS, messageStubParameters: [String(code)] })
  }
  faults.strike({ type: 'refused-query', code: 429, xmlns: 'w:g2' }, { phone: ANA })
  await t.rejects(ana.socket.groupFetchAllParticipating(), /rate-overlimit/)
  t.same(await ana.socket.groupFetchAllParticipating(), {})
})

test('a message that Baileys seals for nobody, because no devices were named, is refused', async (t) => {
  const { pair, server } = await startBreakable(t)
  const { ana } = await pair({ defaultQueryTimeoutMs: 200 })
  const { connection } = server.connections().find(({ device }) => device.person.phone === ANA) ?? {}
  if (!connection) throw new Error('Ana is connected')
  const { sending } = connection.paths
  connection.paths.sending = (stanza, send) => stanza.tag !== 'iq' && sending(stanza, send)
  await ana.text(jid(BETO), 'for nobody', 'A-1')
  const [refused] = await ana.updates.reached(1)
  t.match(refused?.update, { status: ERROR_STATUS, messageStubParameters: ['479'] })
})

test('a server that reads nothing answers nothing, and answers all of it later', async (t) => {
  const { pair, faults, server } = await startBreakable(t)
  const { ana, beto } = await pair()
  const connection = server.connections().find(({ device }) => device.person.phone === ANA)?.connection
  const before = connection?.stats.nodesIn
  faults.strike({ type: 'slow-reader', ms: 600_000 }, { phone: ANA })
  const answers = [1, 2, 3].map(() => ana.socket.groupFetchAllParticipating())
  await beto.socket.groupFetchAllParticipating()
  t.equal(connection?.stats.nodesIn, before)
  faults.strike({ type: 'slow-reader', ms: 1 }, { phone: ANA })
  t.same(await Promise.all(answers), [{}, {}, {}])
})

test('what is delayed comes in order, and not before its time', async (t) => {
  const { pair, faults } = await startBreakable(t)
  const { ana, beto } = await pair()
  const { armed } = faults.strike({ type: 'delay', ms: 40 }, { phone: BETO })
  const startedAt = Date.now()
  for (const id of ['A-1', 'A-2', 'A-3']) await ana.text(jid(BETO), id, id)
  faults.end(armed?.id ?? '')
  await ana.text(jid(BETO), 'A-4', 'A-4')
  t.same(
    (await beto.texts.reached(4)).map(({ id }) => id),
    ['A-1', 'A-2', 'A-3', 'A-4'],
  )
  t.ok(Date.now() - startedAt >= 39)
})

test('a server whose clock is wrong dates messages by it', async (t) => {
  const { pair, faults } = await startBreakable(t)
  const { ana, beto } = await pair()
  faults.strike({ type: 'clock-skew', ms: -48 * HOUR_MS })
  await ana.text(jid(BETO), 'from the past', 'A-1')
  const [message] = await beto.messages.reached(1)
  t.ok(Number(message?.messageTimestamp) * 1_000 < Date.now() - 47 * HOUR_MS)
})

test('no more faults wait than a server can hold, and all can be ended', async (t) => {
  const { faults } = await startBreakable(t)
  for (let count = 0; count < 1_000; count++) faults.strike({ type: 'duplicate' })
  t.throws(() => faults.strike({ type: 'duplicate' }), { code: 'QUEUE_FULL' })
  faults.endAll()
  t.same(faults.armed(), [])
  t.notOk(faults.end('fault-1'))
})

/** Baileys leaves what it could not open to the process, as a rejection that nobody handles. */
function rejectionOf({ ws }: WASocket): Promise<unknown> {
  const [take] = ws.listeners('message')
  ws.removeAllListeners('message')
  return new Promise((resolve) => {
    ws.on('message', async (data: Buffer) => {
      try {
        await take?.(data)
      } catch (error) {
        resolve(error)
      }
    })
  })
}
