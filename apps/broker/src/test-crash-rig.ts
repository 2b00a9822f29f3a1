import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Database } from '@carteiro/database/connect'
import { createLogger } from '@carteiro/runtime/logger'
import { startSimulator } from '@carteiro/simulation/start-simulator'
import { API_KEY, call } from './test-broker.ts'
import { ACCOUNT, CLAIMED_PRE_KEYS, linkInstance, simulatorVariables } from './test-linking.ts'
import { startTestWebhook } from './test-webhook.ts'

const CHILD = fileURLToPath(new URL('test-crashing-broker.ts', import.meta.url))
const INSTANCE = 'main'

interface Teardown {
  teardown(run: () => Promise<void>): void
}

export interface CrashOrder {
  /** Counted from 1, from the order on. */
  step: number
  /** `after`: what the step writes is on its way, its answer is not read. */
  when: 'before' | 'after'
}

export type CrashRig = Awaited<ReturnType<typeof startCrashRig>>

const isDead = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** A broker that dies when it is told to, with a WhatsApp and a webhook that live on; its instance is linked. */
export async function startCrashRig(t: Teardown, { db, url }: { db: Database; url: string }) {
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('test', 'silent'),
    claimedPreKeys: CLAIMED_PRE_KEYS,
  })
  const webhook = await startTestWebhook(t, () => ({ status: 202 }))
  const variables = {
    DATABASE_URL: url,
    BROKER_PORT: '0',
    WHATSAPP_BROKER_API_KEY: API_KEY,
    SESSION_ENCRYPTION_KEY: 'ab'.repeat(32),
    WHATSAPP_WEBHOOK_URL: webhook.url,
    ...simulatorVariables(simulator.url),
  }
  const ports = [url, simulator.url, webhook.url].map((each) => Number(new URL(each).port))
  let child: ChildProcess | undefined
  let address = ''

  async function launch(): Promise<void> {
    // Of a process that was killed, the lease would be waited for.
    await db.deleteFrom('broker.instance_lease').execute()
    child = fork(CHILD, [JSON.stringify({ variables, ports })], {
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      execArgv: [],
      stdio: 'inherit',
    })
    const [message] = await once(child, 'message')
    address = message.address
  }

  /** @returns whether the process lived to hear it */
  async function tell(order: CrashOrder | 'live'): Promise<boolean> {
    if (!child || isDead(child)) return false
    const heard = once(child, 'message').then(() => true)
    const died = once(child, 'exit').then(() => false)
    child.send(order, () => undefined)
    return await Promise.race([heard, died])
  }

  /** Another process takes its place; resolves when it is connected. */
  async function restart(): Promise<void> {
    const from = webhook.taken.length
    await launch()
    await webhook.until(() => webhook.taken.slice(from).some(({ payload }) => payload.status === 'connected'))
  }

  const ask = <Body>(method: string, path: string, body?: unknown) => call<Body>(address + path, method, body)

  await launch()
  t.teardown(async () => {
    if (child && !isDead(child)) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await simulator.stop()
  })
  await ask('POST', '/instances', { id: INSTANCE, name: INSTANCE, tenantId: 'demo' })
  await linkInstance(INSTANCE, { ask, webhook, scan: (qr) => simulator.server.linking.scan(ACCOUNT, qr) })

  return {
    ...{ simulator, webhook, ask, account: ACCOUNT },
    /**
     * Orders a death, lets somebody write, and waits until all of it is told, by the next process if need be.
     *
     * @returns whether the process died; it lives when everything was told in fewer steps
     */
    async tellThrough(order: CrashOrder, write: () => Promise<{ id: string }[]>): Promise<boolean> {
      if (!child) throw new Error('no broker')
      const crashed = once(child, 'exit')
      await tell(order)
      const written = await write()
      const isTold = ({ id }: { id: string }) => webhook.taken.some((event) => event.id === id)
      const untilTold = () => webhook.until(() => written.every(isTold))
      await Promise.race([crashed, untilTold()])
      if (await tell('live')) return false
      await restart()
      await untilTold()
      return true
    },
    /** Resolves when nothing that was opened is left untold. */
    async untilSettled(): Promise<void> {
      const open = db.selectFrom('broker.opened_message').select('number').where('settled_at', 'is', null)
      while ((await open.limit(1).execute()).length > 0);
    },
    /** Resolves when nothing is left to publish. */
    async untilPublished(): Promise<void> {
      const open = db.selectFrom('broker.journal').select('number').where('state', '=', 'waiting')
      while ((await open.limit(1).execute()).length > 0);
    },
    /** Stanzas that the broker has not confirmed. */
    unconfirmed(): number {
      return simulator.server.persons.deviceAt(`${ACCOUNT}:1@s.whatsapp.net`)?.mailbox.size ?? 0
    },
    undecryptable: () => webhook.taken.filter(({ type }) => type === 'MESSAGE_UNDECRYPTABLE'),
    /** The phone of a person, made when first named. */
    phone(digits: string) {
      const person = simulator.server.persons.named(digits)
      const device = person && simulator.server.persons.phoneOf(person)
      if (!device) throw new Error(`${digits} has no phone`)
      return device.phone
    },
    /** A group of these people and the account. */
    async group(creator: string, members: string[]): Promise<string> {
      const body = { subject: 'Family', creator, members: [ACCOUNT, ...members] }
      return (await call<{ jid: string }>(`${simulator.url}/groups`, 'POST', body)).body.jid
    },
  }
}
