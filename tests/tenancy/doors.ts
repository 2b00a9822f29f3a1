import { cloudBody, cloudChange, cloudText, signCloud } from '../../apps/api/src/testing/cloud-webhook.ts'
import type { Call, Owned } from './calls.ts'

/** One knock at a door. */
export interface DoorCall {
  asked: Call
  headers: Record<string, string>
}

type Tenant = 'acme' | 'other'

const PATH = '/api/v1/webhooks/whatsapp/inbound'
const TENANT_PATH = '/api/v1/webhooks/whatsapp/{tenantId}/inbound'

/** A customer's message to acme's number. */
const messageTo = ({ cloud }: Owned) => cloudBody(cloudChange(cloudText(), cloud.phoneNumberId))

const signedBy = (tenantId: Tenant, payload: object): Record<string, string> => ({
  'content-type': 'application/json',
  'x-hub-signature-256': signCloud(`app secret of ${tenantId}`, JSON.stringify(payload)),
})

/** By the header or by the number alone: acme's own call first, then those of another tenant. */
const byHeader = (acme: Owned): DoorCall[] => {
  const payload = messageTo(acme)
  const call = (signer: Tenant, named: Record<string, string>) => ({
    asked: { payload },
    headers: { ...signedBy(signer, payload), ...named },
  })
  return [
    call('acme', {}),
    call('other', {}),
    call('other', { 'x-org-id': 'acme' }),
    call('other', { 'x-org-id': 'other' }),
    { asked: { payload }, headers: { 'x-org-id': 'acme' } },
  ]
}

const byPath = (acme: Owned): DoorCall[] => {
  const payload = messageTo(acme)
  const call = (tenantId: Tenant, signer: Tenant) => ({
    asked: { params: { tenantId }, payload },
    headers: signedBy(signer, payload),
  })
  return [call('acme', 'acme'), call('acme', 'other'), call('other', 'other')]
}

/** Opened by the app's secret: acme's own call first, then those that must not open it. */
export const SIGNED_DOORS: Record<string, (acme: Owned) => DoorCall[]> = {
  [`POST ${PATH}`]: byHeader,
  [`POST ${TENANT_PATH}`]: byPath,
}

const verification = (
  token: string,
  params: Record<string, string>,
  headers: DoorCall['headers'],
): DoorCall => ({
  asked: { params, query: { 'hub.mode': 'subscribe', 'hub.challenge': '1', 'hub.verify_token': token } },
  headers,
})

const tokenByHeader = (): DoorCall[] =>
  ['acme', 'other'].map((owner) => verification(`verify token of ${owner}`, {}, { 'x-org-id': 'acme' }))

/** Opened by the verify token: acme's own call first, then those that must not open it. */
export const TOKEN_DOORS: Record<string, () => DoorCall[]> = {
  [`GET ${PATH}`]: tokenByHeader,
  'GET /api/webhooks/whatsapp': tokenByHeader,
  [`GET ${TENANT_PATH}`]: () =>
    ['acme', 'other'].map((owner) => verification(`verify token of ${owner}`, { tenantId: 'acme' }, {})),
}

/** The tokens of the platform's own scheduler, by the variable that holds them. */
export const PLATFORM_TOKENS = {
  JOB_RUNNER_TOKEN: 'token of the job runner',
  CRON_SECRET: 'secret of the cron job',
}

/** Opened by the platform alone, with this token: no tenant's key opens them, whoever's it is. */
export const PLATFORM_DOORS: Record<string, string> = {
  'GET /api/jobs/run-outbound': PLATFORM_TOKENS.JOB_RUNNER_TOKEN,
  'POST /api/jobs/run-outbound': PLATFORM_TOKENS.JOB_RUNNER_TOKEN,
  'GET /api/jobs/metrics': PLATFORM_TOKENS.JOB_RUNNER_TOKEN,
  'GET /api/cron/run-outbound-jobs': PLATFORM_TOKENS.CRON_SECRET,
}
