import { Readable, Transform } from 'node:stream'
import type { OnProgress } from '../host.ts'
import type { LayersParcel } from './images.ts'
import type { Link } from '../links/link.ts'
import type { Ended } from '../process.ts'
import { tarStream } from '../wire/tar-stream.ts'
import { archiveOf, LIST } from './archive.ts'
import { imageNotAsSent, layersNoSpace, layersNotLoaded, layersNotSent } from './failures.ts'
import { chainsOf, type LayersThere, type PackedImage } from './layers.ts'

const LOOK_MS = 120_000
const SEND_MS = 60 * 60_000
const EVIDENCE_LINES = 10
/** Codes of the script that nothing in it ends with by itself. */
const NO_FOLDER = 171
const NOT_UNPACKED = 172
const NOT_LOADED = 173

/** The words: docker, and the folder for what arrives. */
const LOOK = `docker=$1 folder=$2
$docker info --format 'store {{json .DriverStatus}}' 2>/dev/null &
$docker image ls -q --no-trunc 2>/dev/null | sort -u |
  xargs -r $docker image inspect --format 'image {{.Id}} {{json .RootFS.Layers}}' 2>/dev/null
cd "$folder" 2>/dev/null && for file in *; do
  [ -f "$file" ] && echo "piece $file $(wc -c <"$file")"
done
wait
echo end`

/**
 * Unpacks what arrives, and hands it to Docker as one archive when all is there. It stays when the
 * connection breaks, and is tidied a day after it came (`-m`: tar would set another time), or when it
 * is more than it may be (in kB).
 */
const RECEIVE = `docker=$1 folder=$2 most=$3
shift 3
umask 077
mkdir -p "$folder" && cd "$folder" || exit ${NO_FOLDER}
find . -type f -mmin +1440 -exec rm -f {} +
[ "$(du -sk . | cut -f 1)" -le "$most" ] || rm -f ./*
rm -f ${LIST}
# An archive that ends between two files is whole to some.
tar -xmf - && [ -f ${LIST} ] || {
  # On a full disk it must not stay in everybody's way.
  [ "$(df -Pk . | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)" -gt 1024 ] || rm -f ./*
  exit ${NOT_UNPACKED}
}
xargs cat <${LIST} | $docker load -q >load.log 2>&1 || {
  cat load.log >&2
  cd / && rm -rf "$folder"
  exit ${NOT_LOADED}
}
$docker image inspect --format '{{.Id}}' "$@" 2>/dev/null
cd / && rm -rf "$folder"`

const KEPT_MAX_KB = 8 * 1024 * 1024

export interface Site {
  readonly host: string
  readonly link: Link
  /** `docker`, or `sudo -n docker`. */
  readonly docker: readonly string[]
  /** For what arrives; of one app, whose lease keeps others out. */
  readonly folder: string
}

/** Asks what a host has, in one exchange. */
export async function lookForLayers({ host, link, docker, folder }: Site): Promise<LayersThere> {
  const argv = ['sh', '-c', LOOK, 'belay-look', docker.join(' '), folder]
  const { stdout, stderr } = await link.run(argv, { timeoutMs: LOOK_MS })
  const lines = stdout.trimEnd().split('\n')
  // Half an answer would look like a host that has less than it has.
  if (lines.at(-1) === 'end') return readLayers(lines)
  const reason = stderr.trim().split('\n').at(-1) || 'the connection broke'
  throw layersNotSent({ host, reason, isCut: true })
}

export function readLayers(lines: readonly string[]): LayersThere {
  const chains = new Set<string>()
  const pieces = new Map<string, number>()
  let store: LayersThere['store'] = 'classic'
  for (const line of lines) {
    const [word = '', name = '', rest = ''] = line.split(' ')
    if (word === 'store' && line.includes('io.containerd.snapshotter')) store = 'containerd'
    if (word === 'piece') pieces.set(name, Number(rest))
    if (word !== 'image') continue
    for (const chain of chainsOf((JSON.parse(rest) as string[] | null) ?? [])) chains.add(chain)
  }
  return store === 'classic' ? { chains, store, pieces } : { chains: new Set(), store, pieces }
}

export type Shipment = LayersParcel & { readonly signal?: AbortSignal }

/** Sends what is missing there, and has Docker take it in. All or nothing becomes an image. */
export async function sendLayers(site: Site, shipment: Shipment): Promise<void> {
  const { packed, there, onProgress, signal } = shipment
  const { entries, bytes } = archiveOf(packed, there)
  const archive = Readable.from(tarStream(entries), { objectMode: false })
  const input = archive.pipe(counting(bytes, onProgress))
  const ids = packed.images.map(({ id }) => id)
  const words = [site.docker.join(' '), site.folder, String(KEPT_MAX_KB), ...ids]
  const ended = await site.link.run(['sh', '-c', RECEIVE, 'belay-receive', ...words], {
    input,
    timeoutMs: SEND_MS,
    ...(signal === undefined ? {} : { signal }),
  })
  archive.destroy()
  mustBeTaken(site.host, ended, packed.images)
}

function mustBeTaken(host: string, ended: Ended, images: readonly PackedImage[]): void {
  const { code, stdout, stderr } = ended
  const evidence = stderr.trim().split('\n').slice(-EVIDENCE_LINES)
  if (/no space left on device/i.test(stderr)) throw layersNoSpace({ host }, { evidence })
  if (code === NOT_LOADED) throw layersNotLoaded({ host }, { evidence })
  const reason = ended.how === 'timeout' ? 'it took longer than an hour' : (evidence.at(-1) ?? '')
  if (ended.how !== 'exit' || code !== 0) {
    const isCut = ended.how === 'exit' && code !== NO_FOLDER
    throw layersNotSent(
      { host, reason: reason === '' ? `code ${code}` : reason, isCut },
      { evidence },
    )
  }
  const loaded = new Set(stdout.split('\n'))
  for (const { id, reference } of images) {
    if (!loaded.has(id)) throw imageNotAsSent({ host, reference, id })
  }
}

/** Says how much of it went through, at most once a second, and at the end. */
function counting(total: number, onProgress: OnProgress): Transform {
  let bytes = 0
  let toldAt = performance.now()
  const tell = () => onProgress(`${megabytes(Math.min(bytes, total))} of ${megabytes(total)} sent`)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (performance.now() - toldAt > 1000) {
        toldAt = performance.now()
        tell()
      }
      done(null, chunk)
    },
    flush(done) {
      bytes = total
      tell()
      done()
    },
  })
}

export function megabytes(bytes: number): string {
  const size = bytes / 1_000_000
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} MB`
}
