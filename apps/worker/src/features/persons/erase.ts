import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { eraseNext, findErasures } from '@carteiro/domain/persons/erase-next'
import type { Forget } from '@carteiro/domain/persons/tell-brokers'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

export type EraseDependencies = Pick<Dependencies, 'db' | 'lifecycle' | 'notifier' | 'queue'> & {
  broker: Pick<BrokerClient, 'forget'> | undefined
  report: Pick<Dependencies['report'], 'erased'>
}

const EVERY_MS = 5_000

/** Forgets people whom it was asked for, by any number of workers: each part is one's alone. */
export function keepErasing(dependencies: EraseDependencies & Pick<Dependencies, 'logger'>): void {
  keepDoing(dependencies, { name: 'erasure', everyMs: EVERY_MS }, () => eraseDue(dependencies))
}

/** One round: each erasure goes on to its end, until it has to wait, or until the process stops. */
export async function eraseDue(dependencies: EraseDependencies): Promise<void> {
  const { broker, db, lifecycle, report } = dependencies
  const forget = forgetBy(broker)
  for (const person of await findErasures(db)) {
    for (let isUnderWay = true; isUnderWay && !lifecycle.signal.aborted; ) {
      const { status, ...counts } = await eraseNext({ ...dependencies, forget }, person)
      isUnderWay = status === 'more'
      if (status === 'finished') report.erased({ ...person, ...counts })
    }
  }
}

/** A broker that has no such instance holds nothing of it; one that cannot be reached, or not yet, is asked again. */
const forgetBy =
  (broker: EraseDependencies['broker']): Forget =>
  async ({ instanceId, ...person }) => {
    if (!broker) return 'away'
    const result = await broker.forget(instanceId, person, { requestId: 'erasure' })
    if (result.status === 'done') return 'forgotten'
    return result.httpStatus === 404 ? 'unknown' : 'away'
  }
