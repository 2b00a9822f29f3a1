import type { Intent } from '@carteiro/contracts/intent'
import type { TemplateIntent } from '@carteiro/contracts/intents/template'
import type { Jid } from '@carteiro/contracts/jid'
import type { Template } from '@carteiro/contracts/template'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { chooseTemplate } from '../templates/find-template.ts'
import { readComponents } from '../templates/read-components.ts'
import { type RenderedTemplate, renderTemplate } from '../templates/render-template.ts'
import type { UploadRefusal } from '../uploads/take-upload.ts'
import type { Upload } from '../uploads/upload.ts'
import { findMessageTarget, type TargetMember } from './find-message-target.ts'
import { prepareFile } from './prepare-file.ts'

/** A member of the request, or of its intent, that cannot be taken, by its path. */
export interface RequestFault {
  of: 'request' | 'intent'
  path: string
  message: string
}

/** Why a message is not queued, found by looking at what it refers to. */
export type IntentRefusal =
  | { status: 'invalid_request'; faults: RequestFault[] }
  | { status: 'template_not_found'; templateCode: string; language: string | undefined; languages: string[] }
  | { status: 'message_not_found'; messageId: string; member: TargetMember }
  | UploadRefusal

/** `upload`: the file of the message was brought ahead. */
export type PreparedIntent = { status: 'prepared'; intent: Intent; upload?: Upload } | IntentRefusal

export interface IntentToPrepare {
  tenantId: string
  instanceId: string
  recipient: Jid
  intent: Intent
}

/**
 * Looks up what an intent only names, so that what is accepted is what is sent, whatever changes meanwhile: a
 * template is filled, a reaction and a quote find their message, a file its upload.
 */
export async function prepareIntent(
  transaction: DatabaseTransaction,
  request: IntentToPrepare,
): Promise<PreparedIntent> {
  const quoted = await findQuoted(transaction, request)
  return quoted.status === 'found' ? prepareKind(transaction, { ...request, intent: quoted.intent }) : quoted
}

async function findQuoted(
  transaction: DatabaseTransaction,
  request: IntentToPrepare,
): Promise<{ status: 'found'; intent: Intent } | IntentRefusal> {
  const { intent } = request
  if (!('quotedMessageId' in intent) || intent.quotedMessageId === undefined) {
    return { status: 'found', intent }
  }
  const named = { messageId: intent.quotedMessageId, member: 'quotedMessageId' } as const
  const found = await findMessageTarget(transaction, { ...request, ...named })
  return found.status === 'found' ? { status: 'found', intent: { ...intent, quoted: found.target } } : found
}

async function prepareKind(
  transaction: DatabaseTransaction,
  request: IntentToPrepare,
): Promise<PreparedIntent> {
  const { intent } = request
  switch (intent.intent) {
    case 'template':
      return prepareTemplate(transaction, request, intent)
    case 'reaction': {
      const named = { messageId: intent.messageId, member: 'messageId' } as const
      const found = await findMessageTarget(transaction, { ...request, ...named })
      if (found.status !== 'found') return found
      return { status: 'prepared', intent: { ...intent, target: found.target } }
    }
    default:
      return prepareFile(transaction, request, intent)
  }
}

async function prepareTemplate(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: IntentToPrepare,
  intent: TemplateIntent,
): Promise<PreparedIntent> {
  const { templateCode, language, variables, components } = intent
  if (variables && components) {
    return invalid('components', 'give the values either as variables or as components')
  }
  const chosen = await chooseTemplate(transaction, { tenantId, code: templateCode, language })
  // Meta keeps the templates of its numbers itself; what is meant for it is passed on as it is.
  const passOn = components !== undefined && (await isCloudNumber(transaction, tenantId, instanceId))
  if (chosen.status === 'not_found') {
    if (passOn && language !== undefined) return { status: 'prepared', intent }
    return { status: 'template_not_found', templateCode, language, languages: chosen.languages }
  }
  const { template } = chosen
  const filled = fill(template, intent)
  if (filled.status === 'rendered') {
    const rendered = passOn ? { ...filled, components } : filled
    return { status: 'prepared', intent: withRendered(intent, template, rendered) }
  }
  return passOn ? { status: 'prepared', intent } : filled
}

type Rendered = Extract<RenderedTemplate, { status: 'rendered' }>

function fill(
  template: Template,
  { variables, components }: TemplateIntent,
): Rendered | Extract<IntentRefusal, { status: 'invalid_request' }> {
  const read = components && readComponents(template, components)
  if (read?.status === 'fault') return invalid(read.path, read.message)
  const result = renderTemplate(template, read?.values ?? variables ?? {}, template.language)
  if (result.status === 'rendered') return result
  const faults = result.faults.map(({ variable, message }) => ({
    of: 'intent' as const,
    path: components ? 'components' : `variables.${variable}`,
    message,
  }))
  return { status: 'invalid_request', faults }
}

const withRendered = (
  intent: TemplateIntent,
  { version, language, providerName, code }: Template,
  { text, components }: { text: string; components: unknown[] },
): Intent => ({
  ...intent,
  rendered: { version, language, text, provider: { name: providerName ?? code, components } },
})

const invalid = (path: string, message: string) => ({
  status: 'invalid_request' as const,
  faults: [{ of: 'intent' as const, path, message }],
})

async function isCloudNumber(
  transaction: DatabaseTransaction,
  tenantId: string,
  id: string,
): Promise<boolean> {
  const row = await transaction
    .selectFrom('instance')
    .select('transport')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.transport === 'cloud'
}
