import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { reach } from './reach.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/nginx', import.meta.url))

export interface NginxOptions {
  directory: string
  application: string
  agent: string
  cache: string
}

export interface Nginx {
  /** Sockets: where the site is, and where a cache is in front of it that several share. */
  readonly site: string
  readonly shared: string
  /** Ends it; answers all that it wrote into its logs. */
  close(): Promise<string>
}

/** nginx in the foreground with the example's configuration, which differs in its two paths alone. */
export async function startNginx({ directory, application, agent, cache }: NginxOptions): Promise<Nginx> {
  mkdirSync(directory)
  const place = (file: string) => {
    const example = readFileSync(join(EXAMPLE, file), 'utf8')
    const placed = example
      .replaceAll('/run/nice-blobs/agent.sock', agent)
      .replaceAll('/var/cache/nice-blobs/', `${cache}/`)
    writeFileSync(join(directory, file), placed)
  }
  place('nice-blobs.conf')
  place('nice-blobs-http.conf')
  const site = join(directory, 'site.sock')
  const shared = join(directory, 'shared.sock')
  const configuration = join(directory, 'nginx.conf')
  writeFileSync(configuration, configure({ directory, application, site, shared }))
  const nginx = spawn(process.env.NGINX ?? 'nginx', ['-p', directory, '-e', 'stderr', '-c', configuration], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const errors = text(nginx.stderr)
  const ended = once(nginx, 'exit')
  const begun = await Promise.race([reach(shared), ended])
  if (begun !== undefined) throw new Error(`nginx has not begun: ${await errors}`)
  return {
    ...{ site, shared },
    async close() {
      nginx.kill('SIGTERM')
      await ended
      return `${await errors}${readFileSync(join(directory, 'access.log'), 'utf8')}`
    },
  }
}

/** Its workers are whoever runs this, as the agent is: to root it would give another user's. */
const USER = process.getuid?.() === 0 ? 'user root;' : ''
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

interface Sockets {
  directory: string
  application: string
  site: string
  shared: string
}

function configure({ directory, application, site, shared }: Sockets): string {
  return `
    ${USER} daemon off; pid nginx.pid; error_log stderr info; worker_processes 1;
    events {}
    http {
      access_log ${directory}/access.log combined;
      ${TEMPORARY.map(kind => `${kind}_temp_path temporary;`).join(' ')}
      proxy_cache_path ${directory}/shared keys_zone=shared:1m;
      include ${directory}/nice-blobs-http.conf;
      server {
        listen unix:${site};
        location / { proxy_pass http://unix:${application}; }
        include ${directory}/nice-blobs.conf;
      }
      server {
        listen unix:${shared};
        location / {
          proxy_pass http://unix:${site};
          proxy_cache shared;
          proxy_cache_key $request_uri;
        }
      }
    }`
}
