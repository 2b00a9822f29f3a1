import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { buildApp } from 'fauxqs'
import type { S3Options } from '../s3.ts'

export interface TestS3 {
  /** What a driver needs to speak to it. */
  options: S3Options & { endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } }
  /** Keys of the objects that are there. */
  keys(): Promise<string[]>
  /** Keys of uploads that were begun, and neither completed nor taken back. */
  openUploads(): Promise<string[]>
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

/** An S3 server in this process, on a port of its own, with one empty bucket. It does not check signatures. */
export async function startS3(t: Teardown): Promise<TestS3> {
  const server = buildApp({ logger: false })
  const endpoint = await server.listen({ host: '127.0.0.1', port: 0 })
  const options = {
    endpoint,
    bucket: 'media',
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  }
  const client = new S3Client(options)
  const bucket = { Bucket: options.bucket }
  await client.send(new CreateBucketCommand(bucket))
  t.teardown(async () => {
    client.destroy()
    await server.close()
  })
  return {
    options,
    keys: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command(bucket))
      return Contents.map(({ Key = '' }) => Key)
    },
    openUploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(bucket))
      return Uploads.map(({ Key = '' }) => Key)
    },
  }
}
