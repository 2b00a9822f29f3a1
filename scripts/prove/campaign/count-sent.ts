/** How many messages of an instance a worker has sent, by its metrics. */
export async function countSent(workerUrl: string, instanceId: string): Promise<number> {
  const response = await fetch(`${workerUrl}/metrics`, { signal: AbortSignal.timeout(10_000) })
  const samples = [...(await response.text()).matchAll(/^whatsapp_outbound_total\{(.*)\} (\d+)$/gm)]
  return samples
    .filter(([, labels]) => labels?.includes(`instance_id="${instanceId}"`))
    .filter(([, labels]) => labels?.includes('status="SENT"'))
    .reduce((sum, [, , count]) => sum + Number(count), 0)
}
