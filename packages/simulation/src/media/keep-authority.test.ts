import { X509Certificate } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { AUTHORITY_FILE, keepAuthority } from './keep-authority.ts'
import { issueLoopbackCertificate, makeAuthority } from './make-certificates.ts'
import { startTestMediaHost } from './test-media-host.ts'

test('the authority signs for this machine and for nothing else', async (t) => {
  const authority = await makeAuthority()
  const root = new X509Certificate(authority.certificate)
  const issued = new X509Certificate((await issueLoopbackCertificate(authority)).certificate)
  t.ok(root.ca)
  t.notOk(issued.ca)
  t.ok(issued.verify(root.publicKey))
  t.equal(issued.checkIP('127.0.0.1'), '127.0.0.1')
  t.equal(issued.checkHost('localhost'), 'localhost')
  t.equal(issued.checkHost('mmg.whatsapp.net'), undefined)
})

test('a folder keeps its authority, so that what trusts one host trusts the next', async (t) => {
  const folder = join(t.testdir(), 'made', 'when', 'missing')
  const first = await keepAuthority(folder)
  t.same(await keepAuthority(folder), first)
  t.equal(await readFile(join(folder, AUTHORITY_FILE), 'utf8'), first.certificate)
  for (const file of await readdir(folder)) {
    t.equal((await stat(join(folder, file))).mode & 0o077, 0, `${file} is for its owner`)
  }
  const { host, ask } = await startTestMediaHost(t, { authority: first })
  const { directPath } = host.store(Buffer.from('sealed'), 'image')
  t.equal((await ask(directPath, { ca: first.certificate })).status, 200)
})

test('an authority that cannot be read, or has lost its key, is made anew', async (t) => {
  for (const instead of ['nonsense', (await makeAuthority()).certificate]) {
    const folder = t.testdir()
    const first = await keepAuthority(folder)
    await writeFile(join(folder, AUTHORITY_FILE), instead)
    const second = await keepAuthority(folder)
    t.notOk([first.certificate, instead].includes(second.certificate))
    t.same(await keepAuthority(folder), second)
  }
})
