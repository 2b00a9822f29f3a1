import { newId } from '@carteiro/database/new-id'
import { commit } from '@carteiro/domain/events/unit-of-work'
import { claimDownloads } from '@carteiro/domain/media/claim-downloads'
import { settleDownload } from '@carteiro/domain/media/settle-download'
import { saveMessage } from '@carteiro/domain/messages/save-message'
import { mediaEnvelope } from '@carteiro/domain/testing/media-envelope'
import { sql } from 'kysely'
import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { receiveMessage } from '../../testing/receive-message.ts'
import { startApi } from '../../testing/start-api.ts'

const { app, db, domain, keys, keyWith } = await startApi(t)

const retry = (id: string, key = keys.acme) =>
  app.inject({ method: 'POST', url: `/api/messages/${id}/media/retry`, headers: { 'x-api-key': key } })

/** A customer sends a picture. @returns the message's id */
async function receive(fields: Parameters<typeof mediaEnvelope>[0] = {}): Promise<string> {
  const result = await commit(domain, (work) => saveMessage(work, mediaEnvelope(fields)))
  if (result.status !== 'saved') throw new Error(result.status)
  return result.messageId
}

/** A worker tries the one file that is due. @returns which try it was */
async function settle(outcome: Parameters<typeof settleDownload>[2]): Promise<number> {
  const [download] = await claimDownloads(db, { limit: 1, claimSeconds: 60 })
  if (!download) throw new Error('no file is due')
  await settleDownload(domain, download, outcome)
  return download.attempt
}

const toldOf = async (id: string) => {
  const { rows } = await sql<{ state: string }>`
    select payload #>> '{message,media,state}' as state from event
    where type = 'messages.updated' and payload #>> '{message,id}' = ${id} order by seq`.execute(db)
  return rows.map(({ state }) => state)
}

t.test('a file that could not be fetched is fetched again when somebody asks for it', async (t) => {
  const id = await receive()
  await settle({ status: 'failed', reason: 'media_gone' })
  const answer = await retry(id)
  t.equal(answer.statusCode, 202)
  t.match(answer.json(), { state: 'pending', reason: null })
  t.equal((await retry(id)).statusCode, 202, 'it is waited for')
  t.equal(await settle({ status: 'ready', mimeType: 'image/png', size: 3, sha256: 'ab' }), 1)
  t.same(await toldOf(id), ['failed', 'pending', 'ready'])
  const ready = await retry(id)
  t.equal(ready.statusCode, 200)
  t.match(ready.json(), { state: 'ready', size: 3 })
  const audit = await app.inject({
    url: '/api/audit-events',
    query: { entityType: 'message', entityId: id },
    headers: { 'x-api-key': keys.acme },
  })
  t.match(audit.json().items, [{ action: 'UPDATED', details: { media: 'retried', reason: 'media_gone' } }])
})

t.test('a file that waits for its next try is tried at once', async (t) => {
  const id = await receive()
  await settle({ status: 'later', code: 'INTERRUPTED', afterSeconds: 600, usesAttempt: true })
  t.same(await claimDownloads(db, { limit: 1, claimSeconds: 60 }), [])
  t.equal((await retry(id)).statusCode, 202)
  t.equal(await settle({ status: 'failed', reason: 'media_gone' }), 2)
})

t.test('what cannot be fetched says why', async (t) => {
  const id = await receive({ metadata: { source: 'cloud_api' }, media: { directPath: undefined } })
  const lost = await retry(id)
  matchProblem(t, lost, 409, 'IMPOSSIBLE_TRANSITION')
  t.match(lost.json(), { error: { details: { reason: 'no_source' } } })
  const text = await receiveMessage(domain, { tenantId: 'acme', phone: '+5511955550200', text: 'Oi!' })
  matchProblem(t, await retry(text.messageId), 404, 'MEDIA_NOT_FOUND')
  matchProblem(t, await retry(newId()), 404, 'NOT_FOUND')
  matchProblem(t, await retry(id, keys.other), 404, 'NOT_FOUND')
  matchProblem(t, await retry(id, await keyWith('read')), 403, 'INSUFFICIENT_SCOPE')
})
