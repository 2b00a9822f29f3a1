import { randomBytes } from 'node:crypto'
import { createSeal } from '@carteiro/runtime/seal'
import t from 'tap'
import { startDomain } from '../testing/start-domain.ts'
import { connectCloud } from './connect-cloud.ts'
import { readRuntime } from './read-runtime.ts'

const domain = await startDomain(t)
const { db } = domain

t.test('a number of the Cloud API, which has no session, does not look like one that is lost', async (t) => {
  t.match(await readRuntime(db), { instances: 2, connected: 2 })
  await connectCloud(
    { ...domain, seal: createSeal(randomBytes(32)) },
    {
      tenantId: 'acme',
      instanceId: 'acme-cloud',
      name: 'Cloud',
      phoneNumberId: '1001',
      appSecret: 'secret',
      verifyToken: 'token',
      keepFormerSecret: true,
      actor: 'test',
      requestId: 'request-1',
    },
  )
  t.match(await readRuntime(db), { instances: 2, connected: 2 })
  await db.updateTable('instance').set({ connected: false }).where('id', '=', 'acme-phone').execute()
  t.match(await readRuntime(db), { instances: 2, connected: 1 })
})
