import { keepSearchable } from '@carteiro/domain/search/keep-searchable'
import { keepDoing } from '../../chore.ts'
import type { Dependencies } from '../../dependencies.ts'

const EVERY_MS = 1_000

/** Makes what was written findable, off the messages' way. */
export function keepSearch(dependencies: Pick<Dependencies, 'db' | 'lifecycle' | 'logger'>): void {
  const { signal } = dependencies.lifecycle
  keepDoing(dependencies, { name: 'search', everyMs: EVERY_MS }, async () => {
    while (!signal.aborted && (await keepSearchable(dependencies)));
  })
}
