import { randomBytes } from 'node:crypto'
import { createSeal, SealError } from '@carteiro/runtime/seal'
import t from 'tap'
import { startDomain } from '../testing/start-domain.ts'
import { type ConnectCloud, connectCloud } from './connect-cloud.ts'
import { createInstance } from './create-instance.ts'
import { findCloudInstance, findCloudInstances } from './find-cloud-instances.ts'
import { findInstance } from './find-instance.ts'

const domain = await startDomain(t)
const { db } = domain
const seal = createSeal(randomBytes(32))

let last = 1000
const wanted = (fields: Partial<ConnectCloud> = {}): ConnectCloud => {
  const number = ++last
  return {
    tenantId: 'acme',
    instanceId: `cloud-${number}`,
    name: 'Support',
    phoneNumberId: String(number),
    appSecret: 'first secret',
    verifyToken: 'token',
    keepFormerSecret: true,
    actor: 'test',
    requestId: 'request-1',
    ...fields,
  }
}
const connect = (fields: ConnectCloud) => connectCloud({ ...domain, seal }, fields)
const secretsOf = async (phoneNumberId: string) =>
  (await findCloudInstances({ db, seal }, { phoneNumberIds: [phoneNumberId] }))[0]?.credentials.appSecrets

t.test('a number of the Cloud API is found by its tenant and by Meta\u2019s name of it', async (t) => {
  const cloud = wanted()
  t.same(await connect(cloud), { status: 'connected', validSecrets: 1 })
  const found = {
    id: cloud.instanceId,
    tenantId: 'acme',
    phoneNumberId: cloud.phoneNumberId,
    credentials: { appSecrets: ['first secret'], verifyToken: 'token' },
  }
  t.same(await findCloudInstances({ db, seal }, { phoneNumberIds: [cloud.phoneNumberId] }), [found])
  t.same(await findCloudInstances({ db, seal }, { tenantId: 'acme' }), [found])
  t.same(await findCloudInstances({ db, seal }, { tenantId: 'other' }), [])
  t.same(await findCloudInstances({ db, seal }, { phoneNumberIds: [] }), [])
  t.match(await findInstance(db, { tenantId: 'acme', id: cloud.instanceId }), { transport: 'cloud' })
})

t.test('a new secret leaves the one before it valid, and no more than that one', async (t) => {
  const cloud = wanted()
  for (const appSecret of ['first secret', 'second secret', 'second secret'])
    await connect({ ...cloud, appSecret })
  t.same(await secretsOf(cloud.phoneNumberId), ['second secret', 'first secret'])
  await connect({ ...cloud, appSecret: 'third secret' })
  t.same(await secretsOf(cloud.phoneNumberId), ['third secret', 'second secret'])
  const alone = { ...cloud, appSecret: 'third secret', keepFormerSecret: false }
  t.same(await connect(alone), { status: 'connected', validSecrets: 1 })
  t.same(await secretsOf(cloud.phoneNumberId), ['third secret'])
})

t.test(
  'an access token stays until another one is given, for its tenant\u2019s instance alone',
  async (t) => {
    const cloud = wanted()
    const tokenOf = async (tenantId = 'acme') =>
      (await findCloudInstance({ db, seal }, { tenantId, instanceId: cloud.instanceId }))?.credentials
        .accessToken
    await connect(cloud)
    t.equal(await tokenOf(), undefined)
    await connect({ ...cloud, accessToken: 'first access' })
    await connect({ ...cloud, keepFormerSecret: false })
    t.equal(await tokenOf(), 'first access')
    await connect({ ...cloud, accessToken: 'second access' })
    t.equal(await tokenOf(), 'second access')
    t.equal(await tokenOf('other'), undefined)
    t.equal(await findCloudInstance({ db, seal }, { tenantId: 'acme', instanceId: 'acme-phone' }), undefined)
  },
)

t.test(
  'an instance that waits for its first link may become one of the Cloud API, a linked one not',
  async (t) => {
    const fresh = wanted()
    await createInstance(db, { id: fresh.instanceId, tenantId: 'acme', name: 'Fresh' })
    const { name: _none, ...unnamed } = fresh
    t.match(await connect(unnamed), { status: 'connected' })
    t.same(await connect(wanted({ instanceId: 'acme-phone' })), { status: 'linked' })
    t.match(await findInstance(db, { tenantId: 'acme', id: 'acme-phone' }), { transport: 'baileys' })
  },
)

t.test('nobody gets an instance or a number that is another\u2019s', async (t) => {
  const cloud = wanted()
  await connect(cloud)
  const { name: _none, ...unnamed } = wanted({ tenantId: 'other', instanceId: cloud.instanceId })
  t.same(await connect(unnamed), { status: 'not_found' })
  t.same(await connect({ ...unnamed, name: 'Mine' }), { status: 'id_taken' })
  const { phoneNumberId } = cloud
  t.same(await connect(wanted({ tenantId: 'other', phoneNumberId })), { status: 'number_taken' })
  t.same(await connect(wanted({ phoneNumberId })), { status: 'number_taken' })
})

t.test('two who rotate at once lose no secret that is in use', async (t) => {
  const cloud = wanted()
  await connect(cloud)
  await Promise.all(['left', 'right'].map((appSecret) => connect({ ...cloud, appSecret })))
  t.same((await secretsOf(cloud.phoneNumberId))?.toSorted(), ['left', 'right'])
})

t.test('what is kept shows no secret, opens in its own row alone, and under its own key alone', async (t) => {
  const [mine, theirs] = [wanted({ accessToken: 'first access' }), wanted()]
  await connect(mine)
  await connect(theirs)
  const rows = await db.selectFrom('instance').selectAll().where('transport', '=', 'cloud').execute()
  const audit = await db.selectFrom('audit_entry').selectAll().execute()
  for (const text of [
    JSON.stringify(audit),
    ...rows.map((row) => String(row.cloud_credentials?.toString('latin1'))),
  ]) {
    t.notMatch(text, /secret"|first secret|first access|token/i)
  }
  const find = (key: typeof seal) =>
    findCloudInstances({ db, seal: key }, { phoneNumberIds: [mine.phoneNumberId] })
  await t.rejects(find(createSeal(randomBytes(32))), SealError)

  const { cloud_credentials: foreign } = await db
    .selectFrom('instance')
    .select('cloud_credentials')
    .where('id', '=', theirs.instanceId)
    .executeTakeFirstOrThrow()
  await db
    .updateTable('instance')
    .set({ cloud_credentials: foreign })
    .where('id', '=', mine.instanceId)
    .execute()
  await t.rejects(find(seal), SealError)
  t.match(await connect(mine), { status: 'connected', validSecrets: 1 }, 'new credentials mend it')
  t.same(await secretsOf(mine.phoneNumberId), ['first secret'])
})
