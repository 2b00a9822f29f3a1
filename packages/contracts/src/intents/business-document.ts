import { z } from 'zod'
import { SingleLine, StorableText } from '../storable-text.ts'
import { fileMembers, hasOneFile, mimeTypeOf, ONE_FILE, WebLink } from './file.ts'

/** Together with the title less than a caption may have, so that nothing is cut. */
const MAX_MESSAGE_LENGTH = 800
const MAX_TITLE_LENGTH = 200

const BusinessId = SingleLine.trim().min(1).max(200)

const members = {
  title: SingleLine.trim().min(1).max(MAX_TITLE_LENGTH),
  message: StorableText.max(MAX_MESSAGE_LENGTH).optional(),
  document: z
    .strictObject({ ...fileMembers, mimeType: mimeTypeOf().optional() })
    .refine(hasOneFile, ONE_FILE)
    .optional(),
  link: WebLink.optional(),
}

const isDocumentOrLink = ({ document, link }: { document?: unknown; link?: unknown }) =>
  (document === undefined) !== (link === undefined)
const DOCUMENT_OR_LINK = { path: ['document'], message: 'give it either as document or as link' }

/** A proposal for a customer, by the number that the business knows it by. */
export const PropostaIntent = z
  .strictObject({ intent: z.literal('proposta'), proposalId: BusinessId, ...members })
  .refine(isDocumentOrLink, DOCUMENT_OR_LINK)
export type PropostaIntent = z.infer<typeof PropostaIntent>

/** A contract for a customer, likewise. */
export const ContratoIntent = z
  .strictObject({ intent: z.literal('contrato'), contractId: BusinessId, ...members })
  .refine(isDocumentOrLink, DOCUMENT_OR_LINK)
export type ContratoIntent = z.infer<typeof ContratoIntent>
