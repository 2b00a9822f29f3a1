import { listen } from '@carteiro/runtime/http-server'
import t from 'tap'
import { openGateway } from '../apps/api/src/testing/open-gateway.ts'
import { startApi } from '../apps/api/src/testing/start-api.ts'
import { startReadingRelay } from '../apps/api/src/testing/start-reading-relay.ts'
import { startTestBroker } from '../apps/broker/src/test-broker.ts'

const api = await startApi(t)
const url = await listen(api.app, '127.0.0.1', 0)
const { send, stateOf } = await openGateway(api, url)
const relay = await startReadingRelay(url)
t.teardown(relay.close)
const { connect, onPhone, database } = await startTestBroker(t, {
  BROKER_MODE: 'pull',
  GATEWAY_API_BASE_URL: relay.url,
  GATEWAY_API_KEY: api.keys.acme,
  HEARTBEAT_CHECK_INTERVAL_MS: '50',
  INITIAL_RETRY_DELAY_MS: '20',
})
await connect('acme-phone')

t.test(
  'a broker that cannot be called shows each message once on the phone, though the stream is cut',
  async (t) => {
    const ids: string[] = []
    for (let n = 0; n < 12; n++) {
      ids.push(await send(1 + (n % 3), `message ${n}`))
      if (n % 4 === 3) relay.cut()
    }
    for (const id of ids) {
      while ((await stateOf(id)).state !== 'SENT') await new Promise((resolve) => setTimeout(resolve, 20))
      const { provider_message_id: waId } = await stateOf(id)
      t.match(waId, /^3EB0[0-9A-F]{18}$/)
    }
    for (const to of [1, 2, 3]) {
      const shown = await Promise.all(
        ids
          .filter((_, n) => 1 + (n % 3) === to)
          .map(async (id) => onPhone(`551195550000${to}`, (await stateOf(id)).provider_message_id ?? '')),
      )
      t.same(
        shown.map((items) => items.map(({ text }) => text)),
        [0, 1, 2, 3].map((round) => [`message ${round * 3 + to - 1}`]),
      )
    }
    const left = await database.db.selectFrom('broker.gateway_message').select('state').execute()
    t.same([...new Set(left.map(({ state }) => state))], ['sent'])
  },
)
