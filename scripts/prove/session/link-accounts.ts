import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiClient, createApiClient } from '../../stack/api-client.ts'
import { DEMO_PHONE, makeInstance } from '../../stack/link-instance.ts'
import type { Stack } from '../../stack/start-stack.ts'

/** An instance and the phone that linked it, digits. */
export interface LinkedAccount {
  instanceId: string
  phone: string
}

const PAIRED: LinkedAccount = { instanceId: 'paired-phone', phone: '5511900000001' }
const LIMIT_MS = 120_000
const LOOK_MS = 50

/** The stack's own instance, which was linked by QR code, and one more that is linked by pairing code. */
export async function linkAccounts(
  stack: Stack,
  api: ApiClient,
  simulator: ApiClient,
): Promise<LinkedAccount[]> {
  const broker = createApiClient(stack.urls.broker, stack.brokerKey)
  const { instanceId, phone } = PAIRED
  await makeInstance(api, { id: instanceId, name: 'Paired phone' })
  await api.post(`/api/integrations/whatsapp/instances/${instanceId}/connect`)
  const code = await broker.post(`/instances/${instanceId}/pair`, { phoneNumber: `+${phone}` })
  if (code.status !== 200) throw new Error(`no pairing code: ${JSON.stringify(code.body)}`)
  const linked = await simulator.post(`/accounts/${phone}/link`, { pairingCode: code.body.pairingCode })
  if (linked.status !== 201) throw new Error(`the code was not taken: ${JSON.stringify(linked.body)}`)
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; await sleep(LOOK_MS)) {
    const { body } = await api.get(`/api/integrations/whatsapp/instances/${instanceId}`)
    if (body.connected === true) return [{ instanceId: stack.instanceId, phone: DEMO_PHONE }, PAIRED]
  }
  throw new Error(`${instanceId} was linked, and is not connected after ${LIMIT_MS} ms`)
}
