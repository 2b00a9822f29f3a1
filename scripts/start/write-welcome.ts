import type { Stack } from '../stack/start-stack.ts'

const CUSTOMER = '5511987654321'

/** Where everything is, what to try, and last the line that programs wait for, with one line of JSON. */
export function writeWelcome(stack: Stack): void {
  console.log(['', ...table(stack), '', ...commands(stack), '', 'carteiro ready', facts(stack)].join('\n'))
}

function table({ urls, databaseUrl, logsDirectory }: Stack): string[] {
  const rows: [string, string][] = [
    ['API', urls.api],
    ['API documentation', `${urls.api}/docs`],
    ['Health', `${urls.api}/healthz`],
    ['Broker', urls.broker],
    ['Worker', urls.worker],
    ['Simulator', urls.simulator ?? 'off: the broker speaks to WhatsApp itself'],
    ['Database', withoutPassword(databaseUrl)],
    ['Logs', logsDirectory],
  ]
  return rows.map(([name, where]) => `  ${name.padEnd(20)}${where}`)
}

/** The embedded server's password is no secret; one that was given is. */
function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  if (url.password !== '' && url.username !== 'carteiro') url.password = '***'
  return url.href
}

function commands(stack: Stack): string[] {
  const { urls, apiKey, instanceId } = stack
  const key = `-H ${quote(`X-API-Key: ${apiKey}`)}`
  const answer = {
    channel: 'WHATSAPP',
    instanceId,
    to: `+${CUSTOMER}`,
    text: 'Olá! Como posso ajudar?',
    idempotencyKey: 'demo-answer-1',
  }
  if (urls.simulator === null) {
    return [
      `  Link ${instanceId} to your WhatsApp:`,
      `  curl -sS -X POST ${urls.api}/api/integrations/whatsapp/instances/${instanceId}/connect ${key}`,
      '',
      '  Its QR code, to scan with the phone (it changes; ask again):',
      `  curl -sS ${urls.broker}/instances/${instanceId}/qr.png -o qr.png -H ${quote(`X-API-Key: ${stack.brokerKey}`)}`,
    ]
  }
  return [
    '  A customer writes:',
    `  curl -sS ${urls.simulator}/customers/${CUSTOMER}/messages ${json({ text: 'Oi!' })}`,
    '',
    '  Read the ticket that it opened:',
    `  curl -sS ${urls.api}/api/tickets ${key}`,
    '',
    '  Answer:',
    `  curl -sS ${urls.api}/api/v1/outbound/messages ${key} ${json(answer)}`,
  ]
}

const json = (body: object): string => `-H 'Content-Type: application/json' -d ${quote(JSON.stringify(body))}`

/** Single quotes for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function facts({ urls, apiKey, tenantId, instanceId }: Stack): string {
  return JSON.stringify({
    apiUrl: urls.api,
    brokerUrl: urls.broker,
    workerUrl: urls.worker,
    simulatorUrl: urls.simulator,
    apiKey,
    tenantId,
    instanceId,
  })
}
