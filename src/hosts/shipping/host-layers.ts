import { Readable } from 'node:stream'
import type { OnProgress } from '../host.ts'
import type { LayersParcel } from './images.ts'
import type { Link } from '../links/link.ts'
import type { Ended } from '../process.ts'
import { tarStream } from '../wire/tar-stream.ts'
import { archiveOf, LIST } from './archive.ts'
import { imageNotAsSent, layersNoSpace, layersNotLoaded, layersNotSent } from './failures.ts'
import { chainsOf, type LayersThere } from './layers.ts'

const LOOK_MS = 120_000
/** With the packing, whose own limit is half of it. */
const SEND_MS = 2 * 60 * 60_000
const EVIDENCE_LINES = 10
/** Codes of the script that nothing in it ends with by itself. */
const NO_FOLDER = 171
const NOT_UNPACKED = 172
const NOT_LOADED = 173

/** The words: docker, and the folder for what arrives. */
const LOOK = `docker=$1 folder=$2
$docker image ls -q --no-trunc 2>/dev/null | sort -u |
  xargs -r $docker image inspect --format 'image {{.Id}} {{json .RootFS.Layers}}' 2>/dev/null
cd "$folder" 2>/dev/null && for file in *; do
  [ -f "$file" ] && echo "piece $file $(wc -c <"$file")"
done
echo end`

/**
 * Unpacks what arrives, and hands it to Docker as one archive when all is there: its client, which
 * takes a moment to start, waits for that. What arrived stays when the connection breaks, and is
 * tidied a day after it came (`-m`: tar would set another time), or when it is more than it may be
 * (in kB). Prints the ids of the images that are there then: as Docker said them, and where it did
 * not, as it says when asked, which takes a while.
 */
const RECEIVE = `docker=$1 folder=$2 most=$3
shift 3
umask 077
mkdir -p "$folder" && cd "$folder" || exit ${NO_FOLDER}
find . -type f -mmin +1440 -exec rm -f {} +
[ "$(du -sk . | cut -f 1)" -le "$most" ] || rm -f ./*
rm -f ${LIST} whole load.log
arrived() {
  # An archive that ends between two files is whole to some.
  tar -xmf - && [ -f ${LIST} ] && : >whole && xargs cat <${LIST}
}
arrived | $docker load -q >load.log 2>&1
code=$?
[ -f whole ] || {
  # On a full disk it must not stay in everybody's way.
  [ "$(df -Pk . | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)" -gt 1024 ] || rm -f ./*
  rm -f load.log
  cd / && rmdir "$folder" 2>/dev/null
  exit ${NOT_UNPACKED}
}
# Begun so early, it may have lost its daemon before all was there.
[ "$code" = 0 ] || xargs cat <${LIST} | $docker load -q >load.log 2>&1 || {
  cat load.log >&2
  cd / && rm -rf "$folder"
  exit ${NOT_LOADED}
}
said=$(cat load.log)
cd / && rm -rf "$folder"
for id; do
  shift
  case $said in
    *"$id"*) echo "$id" ;;
    *) set -- "$@" "$id" ;;
  esac
done
[ $# = 0 ] || $docker image inspect --format '{{.Id}}' "$@" 2>/dev/null`

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
  for (const line of lines) {
    const [word = '', name = '', rest = ''] = line.split(' ')
    if (word === 'piece') pieces.set(name, Number(rest))
    if (word !== 'image') continue
    for (const chain of chainsOf((JSON.parse(rest) as string[] | null) ?? [])) chains.add(chain)
  }
  return { chains, pieces }
}

export type Shipment = LayersParcel & { readonly signal?: AbortSignal }

/**
 * Sends what is missing there, and has Docker take it in. All or nothing becomes an image. The host
 * gets ready while it is packed here; where nothing comes of that, it sees the end of its input.
 */
export async function sendLayers(site: Site, shipment: Shipment): Promise<boolean> {
  const { images, packing, signal } = shipment
  // It is looked at below, when the host is done.
  packing.catch(() => undefined)
  const input = Readable.from(parcelOf(shipment), { objectMode: false })
  const ids = images.map(({ id }) => id)
  const words = [site.docker.join(' '), site.folder, String(KEPT_MAX_KB), ...ids]
  const ended = await site.link.run(['sh', '-c', RECEIVE, 'belay-receive', ...words], {
    input,
    timeoutMs: SEND_MS,
    ...(signal === undefined ? {} : { signal }),
  })
  input.destroy()
  if ((await packing) === undefined) return false
  mustBeTaken(site.host, ended, images)
  return true
}

async function* parcelOf({ packing, there, onProgress }: Shipment): AsyncGenerator<Uint8Array> {
  const packed = await packing
  if (packed === undefined) return
  const { entries, bytes } = archiveOf(packed, there)
  yield* counted(tarStream(entries), { total: bytes, onProgress })
}

function mustBeTaken(host: string, ended: Ended, images: LayersParcel['images']): void {
  const { code, stdout, stderr } = ended
  const evidence = stderr.trim().split('\n').slice(-EVIDENCE_LINES)
  if (/no space left on device/i.test(stderr)) throw layersNoSpace({ host }, { evidence })
  if (code === NOT_LOADED) throw layersNotLoaded({ host }, { evidence })
  const reason = ended.how === 'timeout' ? 'it took longer than two hours' : (evidence.at(-1) ?? '')
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
async function* counted(
  archive: AsyncIterable<Uint8Array>,
  { total, onProgress }: { total: number; onProgress: OnProgress },
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  let toldAt = performance.now()
  const tell = () => onProgress(`${megabytes(Math.min(bytes, total))} of ${megabytes(total)} sent`)
  for await (const chunk of archive) {
    yield chunk
    bytes += chunk.length
    if (performance.now() - toldAt < 1000) continue
    toldAt = performance.now()
    tell()
  }
  bytes = total
  tell()
}

export function megabytes(bytes: number): string {
  const size = bytes / 1_000_000
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} MB`
}
