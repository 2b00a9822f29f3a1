import type { Readable } from 'node:stream'
import { Problem } from '@carteiro/contracts/problem'
import { UploadFields, UploadName } from '@carteiro/contracts/upload'
import type { FastifyRequest } from 'fastify'

/** Of the form; the file is bounded where it is stored. */
export const FORM_LIMITS = {
  fields: 10,
  files: 2,
  parts: 12,
  fieldSize: 8 * 1024,
  fieldNameSize: 100,
  headerPairs: 20,
  fileSize: Number.POSITIVE_INFINITY,
}

/** A file on its way, and what was said before it. */
export interface FormFile {
  body: Readable
  /** As the client says; without parameters. */
  claimedType: string
  /** A client may name its fields behind the file: then they are not known yet. */
  fields: ReadonlyMap<string, string>
}

export interface ReadForm<Stored> {
  fields: UploadFields
  fileName: string
  stored: Stored
}

/**
 * Reads the form of an upload, in whatever order its parts come. The file goes through `store` while it comes.
 *
 * @throws Problem that names what is missing, unknown or there twice, INVALID_MULTIPART, and what `store` throws
 */
export async function readForm<Stored>(
  request: FastifyRequest,
  store: (file: FormFile) => Promise<Stored>,
): Promise<ReadForm<Stored>> {
  const fields = new Map<string, string>()
  let file: { fileName: string; stored: Stored } | undefined
  const parts = request.parts()
  for (let part = await next(parts); part; part = await next(parts)) {
    const { fieldname } = part
    if (part.type === 'field') {
      fields.set(fieldname, readField(part, fields))
      continue
    }
    if (fieldname !== 'file') throw fault(fieldname, 'is no file of this form: give the file as file')
    if (file) throw fault('file', 'is there twice: upload one file at a time')
    const fileName = readName(part.filename)
    const claimedType = part.mimetype.split(';')[0]?.trim().toLowerCase() ?? ''
    file = { fileName, stored: await store({ body: part.file, claimedType, fields }) }
  }
  if (!file) throw fault('file', 'is missing: give the file as a part with a file name')
  return { fields: readFields(fields), ...file }
}

type Parts = ReturnType<FastifyRequest['parts']>

/** What the parser throws is about the form, and says nothing that would help more. */
async function next(parts: Parts) {
  try {
    const { done, value } = await parts.next()
    return done ? undefined : value
  } catch {
    throw brokenForm()
  }
}

export const brokenForm = (): Problem =>
  new Problem('INVALID_MULTIPART', 'The form breaks off or cannot be read: send multipart/form-data, whole.')

interface FieldPart {
  fieldname: string
  value: unknown
  fieldnameTruncated: boolean
  valueTruncated: boolean
}

function readField(part: FieldPart, before: ReadonlyMap<string, string>): string {
  const { fieldname: name, value } = part
  if (name === 'file') throw fault('file', 'must be a file: give the part a file name')
  if (!Object.hasOwn(UploadFields.shape, name) || part.fieldnameTruncated) {
    throw fault(name, `is no field of this form; it has file, ${Object.keys(UploadFields.shape).join(', ')}`)
  }
  if (before.has(name)) throw fault(name, 'is there twice')
  if (typeof value !== 'string' || part.valueTruncated) throw fault(name, 'is too long')
  return value
}

function readName(given: string): string {
  const parsed = UploadName.safeParse(given)
  if (parsed.success) return parsed.data
  throw fault('file', `its name ${parsed.error.issues[0]?.message ?? 'cannot be taken'}`)
}

function readFields(fields: ReadonlyMap<string, string>): UploadFields {
  const parsed = UploadFields.safeParse(Object.fromEntries(fields))
  if (parsed.success) return parsed.data
  throw invalid(parsed.error.issues.map(({ path, message }) => ({ path: `body.${path.join('.')}`, message })))
}

const fault = (name: string, message: string) => invalid([{ path: `body.${name.slice(0, 100)}`, message }])

const invalid = (details: { path: string; message: string }[]) =>
  new Problem('VALIDATION_ERROR', 'The form does not fit the route; see details.', { details })
