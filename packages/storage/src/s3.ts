import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { assertKey } from './keys.ts'
import { rangeNotSatisfiable } from './range-not-satisfiable.ts'
import { receiveBody } from './receive-body.ts'
import type { ByteRange, ObjectStorage, OpenedObject } from './storage.ts'

export interface S3Options {
  bucket: string
  region: string
  /** Left out: Amazon's own. */
  endpoint?: string | undefined
  /** Whether the bucket stands in the path, or in the host's name. */
  forcePathStyle: boolean
  /** Left out: what the SDK finds by itself, such as the role of the machine. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined
  /** How long a request may take until its answer begins; a part of 5 MiB is sent in that time. */
  answerTimeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 3_000
const ANSWER_TIMEOUT_MS = 60_000
/** Longer: while a client reads slowly, nothing comes from the server either. */
const IDLE_TIMEOUT_MS = 120_000

/**
 * Objects in a bucket of Amazon S3, or of whoever speaks it. Up to 5 MiB go in one request; what is larger goes in
 * parts of 5 MiB, of which one at a time is in memory, and becomes an object with the last one.
 */
export function createS3Storage({
  bucket,
  answerTimeoutMs = ANSWER_TIMEOUT_MS,
  ...options
}: S3Options): ObjectStorage {
  const client = createClient(options, answerTimeoutMs)
  const at = (key: string) => {
    assertKey(key)
    return { Bucket: bucket, Key: key }
  }
  return {
    put: (key, body, putOptions) =>
      receiveBody(body, putOptions, async ({ chunks, finish }) => {
        const params = { ...at(key), Body: Readable.from(chunks), ContentType: putOptions.contentType }
        // A body that fails makes it take its parts back before it throws.
        await new Upload({ client, params, queueSize: 1 }).done()
        return finish()
      }),
    open: async (key, range) => {
      const Range = range && `bytes=${range.start}-${range.end}`
      const answer = await orMissing(client.send(new GetObjectCommand({ ...at(key), Range })), 'NoSuchKey')
      return answer && toObject(answer, range)
    },
    stat: async (key) => {
      // The answer to a HEAD has no body, so that it cannot say that it is the bucket that is missing.
      const answer = await orMissing(client.send(new HeadObjectCommand(at(key))), 'NotFound')
      return answer && { size: answer.ContentLength ?? 0, contentType: answer.ContentType ?? '' }
    },
    delete: async (key) => {
      await client.send(new DeleteObjectCommand(at(key)))
    },
    close: () => client.destroy(),
  }
}

function createClient(options: Omit<S3Options, 'bucket'>, answerTimeoutMs: number): S3Client {
  const { endpoint, credentials, region, forcePathStyle } = options
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials } : {}),
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: answerTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: IDLE_TIMEOUT_MS,
    },
    // Not every provider knows the newer checksums; the sha256 of each object is kept by whoever put it.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

function toObject(
  { Body, ContentLength, ContentRange, ContentType }: GetObjectCommandOutput,
  range: ByteRange | undefined,
): OpenedObject {
  if (!(Body instanceof Readable)) throw new Error('the S3 client gave no stream')
  const size = range ? Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1]) : ContentLength
  if (size === undefined || Number.isNaN(size)) {
    Body.destroy()
    throw new Error('the S3 server did not say how long the object is')
  }
  return { body: Body, size, contentType: ContentType ?? '' }
}

/** `undefined` for the error that says that there is no such object. A bucket that is missing stays an error. */
async function orMissing<Answer>(asked: Promise<Answer>, missing: string): Promise<Answer | undefined> {
  try {
    return await asked
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    if (error.name === missing) return undefined
    if (error.$metadata.httpStatusCode === 416) throw rangeNotSatisfiable()
    throw error
  }
}
