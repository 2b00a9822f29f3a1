import { type ClaimedReadMark, claimReadMarks } from '@carteiro/domain/presence/claim-read-marks'
import { dropOldReadMarks, settleReadMark } from '@carteiro/domain/presence/settle-read-mark'
import { forgetShownTyping } from '@carteiro/domain/presence/show-typing'
import { isDatabaseUnavailable } from '@carteiro/runtime/database-unavailable'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'
import { type TellDependencies, tellRead } from './tell-read.ts'

export type ReadDependencies = TellDependencies &
  Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'report'> & {
    config: Pick<Dependencies['config'], 'WHATSAPP_BROKER_TIMEOUT_MS'>
  }

const AT_A_TIME = 20
const LOOK_MS = 500
const TIDY_MS = 60_000
/** So much longer than a call may take is a claim. */
const TO_SETTLE_SECONDS = 30

/** Tells WhatsApp what operators have read, within a second where it can be told. */
export function consumeReads(dependencies: ReadDependencies): void {
  const { lifecycle } = dependencies
  const under = new Set<Promise<void>>()
  lifecycle.onStop('read receipts under way', async () => void (await Promise.all(under)))
  keepDoing(dependencies, { name: 'read receipts', everyMs: LOOK_MS }, async () => {
    const free = AT_A_TIME - under.size
    if (free === 0) return
    for (const mark of await claim(dependencies, free)) {
      const act = tellFrom(dependencies, mark).finally(() => under.delete(act))
      under.add(act)
    }
  })
  keepDoing(dependencies, { name: 'read receipts, tidying', everyMs: TIDY_MS }, async () => {
    dependencies.report.readsDropped(await dropOldReadMarks(dependencies.db))
    await forgetShownTyping(dependencies.db)
  })
}

const claim = ({ config, db }: ReadDependencies, limit: number): Promise<ClaimedReadMark[]> =>
  claimReadMarks(db, { limit, claimSeconds: config.WHATSAPP_BROKER_TIMEOUT_MS / 1_000 + TO_SETTLE_SECONDS })

/** This one, and then one after the other until nothing is due. What fails is due again when its claim ends. */
async function tellFrom(dependencies: ReadDependencies, mark: ClaimedReadMark): Promise<void> {
  const { lifecycle, logger } = dependencies
  try {
    let next: ClaimedReadMark | undefined = mark
    while (next) {
      await tellOne(dependencies, next)
      if (lifecycle.signal.aborted) return
      ;[next] = await claim(dependencies, 1)
    }
  } catch (error) {
    const level = isDatabaseUnavailable(error) ? 'warn' : 'error'
    logger[level]({ err: error }, 'read receipts failed, trying again later')
  }
}

async function tellOne(dependencies: ReadDependencies, mark: ClaimedReadMark): Promise<void> {
  const { db, lifecycle, report } = dependencies
  const result = await tellRead(dependencies, mark)
  await retryWhileDatabaseAway(() => settleReadMark(db, mark, result.outcome), { signal: lifecycle.signal })
  report.readTold(mark, result)
}
