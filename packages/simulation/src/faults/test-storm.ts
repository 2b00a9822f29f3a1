import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPhone } from '../phone/create-phone.ts'
import { linkCredentials } from '../server/test-client.ts'
import { createWhatsAppServer, type WhatsAppServer } from '../server/whatsapp-server.ts'
import { chance } from './chance.ts'
import { createFaults, type Faults } from './create-faults.ts'
import { createFaultSchedule, type ScheduledFault, type ScheduledType } from './fault-schedule.ts'
import { judgeStorm, type StormVerdict } from './test-judge-storm.ts'
import { keepLedger, type Ledger } from './test-ledger.ts'
import { createSteadyClient, type SteadyClient } from './test-steady-client.ts'

export interface StormOptions {
  seed: number
  /** Real Baileys clients, each of an account of its own. */
  accounts: number
  /** Simulated phones that the clients write with. */
  customers: number
  /** Each way: from clients, and from customers. */
  messages: number
  strikes: number
  types?: ScheduledType[]
  /** After this time without everything settled the verdict tells what is missing. */
  deadlineMs: number
}

/** One message that somebody writes. */
export interface StormMessage {
  id: string
  from: string
  to: string
  text: string
}

/** Who takes part, with what they have in the end. */
export interface StormScene {
  server: WhatsAppServer
  ledger: Ledger
  clients: ReadonlyMap<string, SteadyClient>
  messages: StormMessage[]
}

const phoneAt = (prefix: string, index: number) => `${prefix}${String(index).padStart(4, '0')}`

/** Messages both ways between Baileys clients and phones while faults strike; then what everybody has. */
export async function weatherStorm(options: StormOptions): Promise<StormVerdict> {
  const { seed, messages, strikes, types } = options
  const accounts = Array.from({ length: options.accounts }, (_, index) => phoneAt('551199100', index))
  const customers = Array.from({ length: options.customers }, (_, index) => phoneAt('551199200', index))
  const { server, url, close } = await listen()
  const faults = createFaults(server)
  const ledger = keepLedger(server)
  const clients = new Map<string, SteadyClient>()
  for (const phone of accounts)
    clients.set(phone, createSteadyClient(url, await linkCredentials(server, phone)))
  await Promise.all([...clients.values()].map((client) => client.opened()))

  const schedule = createFaultSchedule({
    seed,
    strikes,
    length: messages,
    phones: accounts,
    ...(types && { types }),
  })
  const outgoing = plan(seed, 'out', messages, accounts, [...customers, ...accounts])
  const incoming = plan(seed, 'in', messages, customers, accounts)
  const scene = { server, ledger, clients, messages: [...outgoing, ...incoming] }
  try {
    await exchange(scene, { outgoing, incoming, faults, schedule })
    faults.endAll()
    server.restore()
    for (const { connection } of server.connections()) connection.destroy('the storm is over')
    await settle(scene, Date.now() + options.deadlineMs)
    return judgeStorm(scene)
  } finally {
    await Promise.all([...clients.values()].map((client) => client.stop()))
    await close()
  }
}

async function listen() {
  const server = createWhatsAppServer({
    createPhone: (person, port) => createPhone({ person, pushName: person.pushName, port }),
  })
  const http = createServer()
  http.on('upgrade', server.accept)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    server,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close()
      http.closeAllConnections()
      await once(http.close(), 'close')
    },
  }
}

function plan(seed: number, way: string, count: number, from: string[], to: string[]): StormMessage[] {
  const pick = (phones: string[], label: string) =>
    phones[Math.floor(chance(seed, label) * phones.length)] ?? ''
  return Array.from({ length: count }, (_, index) => {
    const author = pick(from, `${way} from ${index}`)
    const others = to.filter((phone) => phone !== author)
    const id = `${way.toUpperCase()}-${index}`
    return { id, from: author, to: pick(others, `${way} to ${index}`), text: `${way} ${index}` }
  })
}

interface Exchange {
  outgoing: StormMessage[]
  incoming: StormMessage[]
  faults: Faults
  schedule: ScheduledFault[]
}

/** Each client sends one by one; customers keep pace with them, and so do the faults. */
async function exchange({ server, clients }: StormScene, { outgoing, incoming, faults, schedule }: Exchange) {
  const waiting = [...schedule]
  let sent = 0

  async function step(client: SteadyClient, { to, text, id }: StormMessage): Promise<void> {
    await client.send(`${to}@s.whatsapp.net`, text, id)
    const written = incoming[sent++]
    while (waiting[0] && waiting[0].at < sent) {
      const strike = waiting.shift()
      if (strike) faults.strike(strike.fault, strike.target)
    }
    if (!written) return
    const phone = server.persons.phoneOf(server.persons.named(written.from) ?? missing(written.from))?.phone
    await phone?.write(written.to, { type: 'text', text: written.text }, { id: written.id })
  }

  await Promise.all(
    [...clients].map(async ([phone, client]) => {
      for (const message of outgoing.filter(({ from }) => from === phone)) await step(client, message)
    }),
  )
}

function missing(phone: string): never {
  throw new Error(`${phone} is nobody`)
}

/** Everything is delivered and every client is there, or the deadline has come. */
async function settle(scene: StormScene, deadline: number): Promise<void> {
  await Promise.all([...scene.clients.values()].map((client) => client.opened()))
  while (Date.now() < deadline) {
    const { lost, waiting } = judgeStorm(scene)
    if (lost.length === 0 && waiting === 0) return
    await sleep(50)
  }
}
