import { Slug } from '@carteiro/contracts/identifier'
import { Problem } from '@carteiro/contracts/problem'
import { findCloudInstances } from '@carteiro/domain/instances/find-cloud-instances'
import { equalInConstantTime } from '@carteiro/runtime/secret-matcher'
import type { Dependencies } from '../../dependencies.ts'
import { requireSeal, withOpened } from './require-seal.ts'

type Needs = Pick<Dependencies, 'config' | 'db'>

const PLATFORM_TOKEN = 'WHATSAPP_WEBHOOK_VERIFY_TOKEN'

/**
 * Meta asks whether an address is ours (`hub.mode=subscribe`): who knows the verify token gets the challenge back.
 *
 * @param tenantId whose address; without it the platform's own token is meant
 * @throws Problem INVALID_VERIFY_TOKEN, also for a tenant that is not known; WHATSAPP_NOT_CONFIGURED
 */
export async function verifyAddress(needs: Needs, query: unknown, tenantId?: string): Promise<string> {
  const { 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': challenge } = textsOf(query)
  const tokens = tenantId === undefined ? [platformToken(needs)] : await tokensOf(needs, tenantId)
  const known = tokens.filter((each) => equalInConstantTime(each, token ?? '')).length > 0
  if (known && mode === 'subscribe' && challenge !== undefined) return challenge
  throw new Problem('INVALID_VERIFY_TOKEN', 'hub.mode, hub.challenge or hub.verify_token is not right.')
}

function platformToken({ config }: Needs): string {
  const token = config[PLATFORM_TOKEN]
  if (token !== undefined) return token
  throw new Problem('WHATSAPP_NOT_CONFIGURED', `Set ${PLATFORM_TOKEN} and start the API again.`, {
    details: { missing: [PLATFORM_TOKEN] },
  })
}

async function tokensOf({ config, db }: Needs, tenantId: string): Promise<string[]> {
  const seal = requireSeal({ config })
  if (!Slug.safeParse(tenantId).success) return []
  const instances = await withOpened(() => findCloudInstances({ db, seal }, { tenantId }))
  return instances.map(({ credentials }) => credentials.verifyToken)
}

function textsOf(query: unknown): Record<string, string | undefined> {
  const entries = typeof query === 'object' && query !== null ? Object.entries(query) : []
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? value : undefined]),
  )
}
