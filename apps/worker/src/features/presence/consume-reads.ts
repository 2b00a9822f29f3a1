import { type ClaimedReadMark, claimReadMarks } from '@carteiro/domain/presence/claim-read-marks'
import { dropOldReadMarks, settleReadMark } from '@carteiro/domain/presence/settle-read-mark'
import { forgetShownTyping } from '@carteiro/domain/presence/show-typing'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'
import { type TellDependencies, tellRead } from './tell-read.ts'

export type ReadDependencies = TellDependencies &
  Pick<Dependencies, 'db' | 'lifecycle' | 'logger' | 'report'> & {
    config: Pick<Dependencies['config'], 'WHATSAPP_BROKER_TIMEOUT_MS'>
  }

const AT_A_TIME = 10
const LOOK_MS = 500
const TIDY_MS = 60_000
/** So much longer than a call may take is a claim. */
const TO_SETTLE_SECONDS = 30

/** Tells WhatsApp what operators have read, within a second where it can be told. */
export function consumeReads(dependencies: ReadDependencies): void {
  keepDoing(dependencies, { name: 'read receipts', everyMs: LOOK_MS }, () => tellAll(dependencies))
  keepDoing(dependencies, { name: 'read receipts, tidying', everyMs: TIDY_MS }, async () => {
    dependencies.report.readsDropped(await dropOldReadMarks(dependencies.db))
    await forgetShownTyping(dependencies.db)
  })
}

/** Round by round, until nothing is due. */
async function tellAll(dependencies: ReadDependencies): Promise<void> {
  const { config, db, lifecycle } = dependencies
  const claimSeconds = config.WHATSAPP_BROKER_TIMEOUT_MS / 1_000 + TO_SETTLE_SECONDS
  while (!lifecycle.signal.aborted) {
    const marks = await claimReadMarks(db, { limit: AT_A_TIME, claimSeconds })
    await Promise.all(marks.map((mark) => tellOne(dependencies, mark)))
    if (marks.length < AT_A_TIME) return
  }
}

async function tellOne(dependencies: ReadDependencies, mark: ClaimedReadMark): Promise<void> {
  const { db, lifecycle, report } = dependencies
  const result = await tellRead(dependencies, mark)
  await retryWhileDatabaseAway(() => settleReadMark(db, mark, result.outcome), { signal: lifecycle.signal })
  report.readTold(mark, result)
}
