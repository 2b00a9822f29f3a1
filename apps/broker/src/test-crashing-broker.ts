import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import { createLogger } from '@carteiro/runtime/logger'
import { z } from 'zod'
import { readBrokerConfig } from './config.ts'
import { startBroker } from './start-broker.ts'

/**
 * A broker for test-crash-rig.ts, as a process of its own that ends itself by SIGKILL at a step that it is told: a step
 * is a turn in which it writes to PostgreSQL, to WhatsApp or to its webhook. Between two of them it waits for nothing.
 */
const Arguments = z.object({ variables: z.record(z.string(), z.string()), ports: z.array(z.number()) })
const Order = z.object({ step: z.number().int().positive(), when: z.enum(['before', 'after']) })

const { variables, ports } = Arguments.parse(JSON.parse(process.argv[2] ?? ''))
let order: z.output<typeof Order> | undefined
let steps = 0
let isDying = false

const inThisTurn = new Set<Socket>()
const write = Socket.prototype.write
Reflect.set(Socket.prototype, 'write', function (this: Socket, ...given: Parameters<typeof write>) {
  if (ports.includes(this.remotePort ?? 0) && !inThisTurn.has(this)) {
    inThisTurn.add(this)
    queueMicrotask(() => inThisTurn.delete(this))
    takeStep()
  }
  return Reflect.apply(write, this, given)
})

function takeStep(): void {
  steps += 1
  if (steps !== order?.step) return
  isDying = true
  if (order.when === 'before') die()
  else setImmediate(die)
}

const die = () => process.kill(process.pid, 'SIGKILL')

process.on('message', (message) => {
  // Who is told that it lives counts on it.
  if (isDying) return
  order = Order.optional().parse(message === 'live' ? undefined : message)
  steps = 0
  process.send?.('understood')
})
process.on('unhandledRejection', () => undefined)

const logger = createLogger('test', 'silent')
const { address } = await startBroker({
  config: readBrokerConfig(variables),
  logger,
  lifecycle: createLifecycle(logger),
})
// The next process starts sooner: what dies leaves no cache by itself.
flushCompileCache()
process.send?.({ address })
