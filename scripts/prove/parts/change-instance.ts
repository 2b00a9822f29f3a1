import type { InstanceSettingsChange } from '@carteiro/contracts/settings'
import type { ApiClient } from '../../stack/api-client.ts'

/** Gives an instance settings of its own, as an administrator would. */
export async function changeInstance(
  api: ApiClient,
  id: string,
  settings: InstanceSettingsChange,
): Promise<void> {
  const { status, body } = await api.patch(`/api/integrations/whatsapp/instances/${id}`, { settings })
  if (status !== 200) throw new Error(`the settings of ${id} were refused: ${JSON.stringify(body)}`)
}
