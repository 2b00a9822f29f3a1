import t from 'tap'
import { matchProblem } from '../../testing/match-problem.ts'
import { startApi } from '../../testing/start-api.ts'
import { answering, startClamd } from '../../testing/start-clamd.ts'
import { FILES, keptBy, postFile } from '../../testing/upload.ts'

const clamd = await startClamd(t)
const env = { UPLOAD_LINK_SECRET: 'secret of the links', CLAMAV_ADDRESS: `127.0.0.1:${clamd.port}` }
const api = await startApi(t, { env })
const lenient = await startApi(t, { env: { ...env, CLAMAV_REQUIRED: 'false' } })

t.test('a file is kept when the scanner has read all of it and found nothing', async (t) => {
  t.equal((await postFile(api, 'image', FILES.png)).statusCode, 201)
  t.ok(clamd.scanned.at(-1)?.equals(FILES.png))
})

t.test('of a file in which the scanner found something nothing is kept', async (t) => {
  clamd.answer = answering('stream: Eicar-Signature FOUND')
  for (const each of [api, lenient]) {
    const before = await keptBy(each)
    const { details } = matchProblem(t, await postFile(each, 'document', FILES.pdf), 422, 'FILE_INFECTED')
    t.same(details, { found: 'Eicar-Signature' })
    t.same(await keptBy(each), before)
  }
})

t.test('without a verdict nothing is kept, unless that is wanted', async (t) => {
  const before = await keptBy(api)
  const refused = async () => {
    const answer = await postFile(api, 'image', FILES.png)
    matchProblem(t, answer, 503, 'SCANNER_UNAVAILABLE')
    t.equal(answer.headers['retry-after'], '30')
    t.same(await keptBy(api), before)
  }
  clamd.answer = answering('INSTREAM size limit exceeded. ERROR')
  await refused()
  await clamd.stop()
  await refused()
  t.equal((await postFile(lenient, 'image', FILES.png)).statusCode, 201)
  t.match(await lenient.dependencies.registry.metrics(), /^whatsapp_upload_scan_failures_total 1$/m)
})
