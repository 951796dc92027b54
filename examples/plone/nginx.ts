import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOpen, type Service, startService } from './process.ts'

export interface NginxOptions {
  readonly program: string
  /** With `etc/nginx.conf`. */
  readonly directory: string
  readonly logs: string
  readonly port: number
  readonly signal: AbortSignal | undefined
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** nginx in the foreground, with what Debian's nginx.conf has around the site's file. */
export async function startNginx({ program, directory, logs, port, signal }: NginxOptions): Promise<Service> {
  const own = join(directory, 'nginx')
  mkdirSync(own)
  const configuration = join(own, 'nginx.conf')
  writeFileSync(configuration, configure(own, directory, logs))
  return startService([program, '-p', own, '-e', 'stderr', '-c', configuration], {
    ...{ name: 'nginx', log: join(logs, 'nginx-error.log'), signal },
    serves: () => isOpen(port),
  })
}

/** The agent's user, as whom nginx has to run: to root it would give another one. */
const USER = process.getuid?.() === 0 ? 'user root;' : ''

function configure(own: string, directory: string, logs: string): string {
  return `
    ${USER} daemon off; pid nginx.pid; error_log stderr warn; worker_processes 2;
    events {}
    http {
      access_log ${logs}/nginx-access.log combined;
      ${TEMPORARY.map(kind => `${kind}_temp_path ${own}/${kind};`).join(' ')}
      types_hash_max_size 2048;
      include ${directory}/etc/nginx.conf;
    }`
}
