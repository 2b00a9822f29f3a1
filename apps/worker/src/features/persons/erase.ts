import type { BrokerClient } from '@carteiro/broker-client/broker-client'
import { eraseNext, findErasures, postponeErasure } from '@carteiro/domain/persons/erase-next'
import type { PersonKey } from '@carteiro/domain/persons/person'
import type { Forget } from '@carteiro/domain/persons/tell-brokers'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

export type EraseDependencies = Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'notifier' | 'queue'> & {
  broker: Pick<BrokerClient, 'forget'> | undefined
  report: Pick<Dependencies['report'], 'erased'>
}

const EVERY_MS = 5_000

/** Forgets people whom it was asked for, by any number of workers: each part is one's alone. */
export function keepErasing(dependencies: EraseDependencies): void {
  keepDoing(dependencies, { name: 'erasure', everyMs: EVERY_MS }, () => eraseDue(dependencies))
}

/**
 * One round: each erasure goes on to its end, until it has to wait, or until the process stops. One that fails is put
 * off, and the others go on.
 */
export async function eraseDue(dependencies: EraseDependencies): Promise<void> {
  const { db, logger } = dependencies
  for (const person of await findErasures(db)) {
    try {
      await erase(dependencies, person)
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error
      logger.error({ err: error, ...person }, 'an erasure failed, trying again later')
      await postponeErasure(db, person)
    }
  }
}

async function erase(dependencies: EraseDependencies, person: PersonKey): Promise<void> {
  const { broker, lifecycle, report } = dependencies
  const forget = forgetBy(broker)
  for (let isUnderWay = true; isUnderWay && !lifecycle.signal.aborted; ) {
    const { status, ...counts } = await eraseNext({ ...dependencies, forget }, person)
    isUnderWay = status === 'more'
    if (status === 'finished') report.erased({ ...person, ...counts })
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
