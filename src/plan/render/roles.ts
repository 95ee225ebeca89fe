import type { Role } from '../../base/words.ts'
import type { ComposeModel, ComposeService } from '../compose-model.ts'
import { namesInSettings } from './addresses.ts'
import type { ServiceChoice } from './request.ts'

export interface RoleOf {
  readonly role: Role
  /** Reads after "it is taken as an accessory: ". */
  readonly because: string
  readonly guessed: boolean
}

type Choices = Readonly<Record<string, ServiceChoice>>

/** Each service's role: the user's word where there is one, else what its definition suggests. */
export function rolesOf(model: ComposeModel, choices: Choices): Record<string, RoleOf> {
  return Object.fromEntries(
    Object.entries(model.services).map(([name, service]) => {
      const choice = choices[name]
      if (choice?.role !== undefined) {
        return [name, { role: choice.role, because: 'as belay.yaml says', guessed: false }]
      }
      return [name, { ...guess({ name, service, model, choice }), guessed: true }]
    }),
  )
}

interface Question {
  readonly name: string
  readonly service: ComposeService
  readonly model: ComposeModel
  readonly choice: ServiceChoice | undefined
}

function guess(question: Question): Omit<RoleOf, 'guessed'> {
  const { name, service, model, choice } = question
  if ((choice?.routes.length ?? 0) > 0) return { role: 'app', because: 'it has routes' }
  const waiting = completionAwaitedBy(name, model)
  if (waiting !== undefined) return { role: 'job', because: `${waiting} waits until it is done` }
  if (service.build === undefined && isAccessoryImage(service.image ?? '')) {
    return { role: 'accessory', because: `${service.image} is a known database or the like` }
  }
  const reached = reachedBy(question)
  if (reached !== undefined) return { role: 'app', because: reached }
  return guessUnreached(name, service)
}

/** Nobody calls it: what is left is to do something once, or for ever. */
function guessUnreached(name: string, service: ComposeService): Omit<RoleOf, 'guessed'> {
  if (service.restart === 'no') return { role: 'job', because: 'it says restart: "no"' }
  if (ONE_SHOT_NAME.test(name)) return { role: 'job', because: 'of its name' }
  return { role: 'worker', because: 'nothing calls it: no route, no port, no dependant' }
}

const ONE_SHOT_NAME =
  /(^|[-_])(migrate|migrations?|seed|init|setup|bootstrap|create-?buckets?)([-_]|$)/i

function completionAwaitedBy(name: string, model: ComposeModel): string | undefined {
  return Object.entries(model.services).find(
    ([, other]) => other.depends_on?.[name]?.condition === 'service_completed_successfully',
  )?.[0]
}

/** Why it must be something that others call, if it is. */
function reachedBy({ name, service, model, choice }: Question): string | undefined {
  if ((choice?.checkPorts.length ?? 0) > 0) return 'a check asks one of its ports'
  if ((service.ports?.length ?? 0) > 0) return 'it publishes a port'
  if (Array.isArray(service.expose) && service.expose.length > 0) return 'it exposes a port'
  if (service.healthcheck?.test?.some((word) => /https?:\/\/|\bcurl\b|\bwget\b/.test(word))) {
    return 'its healthcheck asks it by HTTP'
  }
  for (const [other, definition] of Object.entries(model.services)) {
    if (other === name) continue
    if (definition.depends_on?.[name] !== undefined) return `${other} depends on it`
    if (namesInSettings(definition, name)) return `${other} has an address of it`
  }
  return undefined
}

/** Whether an image is a known database, cache, queue or the like, by the last part of its name. */
export function isAccessoryImage(image: string): boolean {
  const repository = image
    .toLowerCase()
    .replace(/@.*$/, '')
    .replace(/:[^/]*$/, '')
  if (repository.endsWith('mssql/server')) return true
  return ACCESSORIES.has(repository.slice(repository.lastIndexOf('/') + 1))
}

const ACCESSORIES = new Set(
  `postgres postgresql postgis pgvector timescaledb timescaledb-ha mysql mysql-server mariadb
  percona percona-server redis redis-stack redis-stack-server valkey keydb dragonfly memcached
  mongo mongodb mongodb-community-server rabbitmq nats nats-streaming kafka cp-kafka
  cp-zookeeper zookeeper redpanda activemq activemq-artemis pulsar mosquitto eclipse-mosquitto
  emqx beanstalkd elasticsearch opensearch solr meilisearch typesense qdrant weaviate milvus
  chroma neo4j cassandra scylla couchdb couchbase influxdb clickhouse clickhouse-server questdb
  victoria-metrics prometheus alertmanager grafana loki minio etcd consul vault arangodb
  cockroach surrealdb rethinkdb memgraph immudb traefik`.split(/\s+/),
)
