import { and, asc, eq, inArray, isNotNull, lte, ne, sql } from 'drizzle-orm';
import type { Db } from '../db/client';
import { operations, projects, services, serviceSecrets } from '../db/schema';
import { AppError } from '../errors';
import type { OperationRow } from '../operations/repository';

export type ServiceRow = typeof services.$inferSelect;
type ProjectRow = typeof projects.$inferSelect;
export type NewService = typeof services.$inferInsert;
export type ServiceWithOperation = { service: ServiceRow; operation: OperationRow | null };

/** Throws NOT_FOUND. */
export function getService(db: Db, id: string): ServiceRow {
	const row = findService(db, id);
	if (!row) throw new AppError('NOT_FOUND');
	return row;
}

export function findService(db: Db, id: string): ServiceRow | undefined {
	return db.select().from(services).where(eq(services.id, id)).get();
}

/** One that works, or works again once it is started; null for what is being made, thrown away or lost. */
export function findReadyService(db: Db, id: string): ServiceRow | null {
	const service = findService(db, id);
	return service?.phase === 'ready' ? service : null;
}

/** Throws NOT_FOUND. */
export function getProject(db: Db, id: string): ProjectRow {
	const row = db.select().from(projects).where(eq(projects.id, id)).get();
	if (!row) throw new AppError('NOT_FOUND');
	return row;
}

export function insertService(tx: Db, service: NewService): void {
	tx.insert(services).values(service).run();
}

export function updateService(tx: Db, id: string, values: Partial<ServiceRow>): void {
	if (Object.keys(values).length === 0) return;
	tx.update(services).set(values).where(eq(services.id, id)).run();
}

/** Its secrets and database users go with it. */
export function deleteService(tx: Db, id: string): void {
	tx.delete(services).where(eq(services.id, id)).run();
}

const withRunningOperation = and(eq(operations.serviceId, services.id), eq(operations.status, 'running'));

/** A project's services with the operation that runs on each, by name; in one query. */
export function listProjectServices(db: Db, projectId: string): ServiceWithOperation[] {
	return db
		.select({ service: services, operation: operations })
		.from(services)
		.leftJoin(operations, withRunningOperation)
		.where(eq(services.projectId, projectId))
		.orderBy(asc(services.name), asc(services.createdAt))
		.all();
}

/** All services with the operation that runs on each. */
export function listServices(db: Db): ServiceWithOperation[] {
	return db
		.select({ service: services, operation: operations })
		.from(services)
		.leftJoin(operations, withRunningOperation)
		.all();
}

/** True when the project has no service but this one, in or out of the trash. */
export function isLastOfProject(db: Db, service: { id: string; projectId: string }): boolean {
	const others = and(eq(services.projectId, service.projectId), ne(services.id, service.id));
	return db.select({ id: services.id }).from(services).where(others).get() === undefined;
}

/** Bytes of memory that services outside the trash have been promised, without `exceptId`'s. */
export function promisedMemoryBytes(db: Db, exceptId?: string): number {
	const row = db
		.select({ total: sql<number | null>`sum(${services.memoryBytes})` })
		.from(services)
		.where(and(ne(services.phase, 'trashed'), exceptId === undefined ? undefined : ne(services.id, exceptId)))
		.get();
	return row?.total ?? 0;
}

export function takenHostPorts(db: Db): Set<number> {
	const rows = db
		.select({ port: services.hostPort })
		.from(services)
		.where(isNotNull(services.hostPort))
		.all();
	return new Set(rows.flatMap(({ port }) => (port === null ? [] : [port])));
}

/** How a service goes: with its data to the trash, or for good when it has none to keep. */
export function removalKind(service: ServiceRow): 'service.remove' | 'service.purge' {
	const hasData = service.initializedAt !== null && service.phase !== 'data_lost';
	return hasData ? 'service.remove' : 'service.purge';
}

/** Services whose days in the trash are over. */
export function listPurgeable(db: Db, now: Date): ServiceRow[] {
	return db
		.select()
		.from(services)
		.where(and(eq(services.phase, 'trashed'), lte(services.purgeAfter, now)))
		.all();
}

export function projectsWithWork(db: Db): Set<string> {
	const busy = db
		.select({ id: operations.projectId })
		.from(operations)
		.where(eq(operations.status, 'running'))
		.all();
	const owning = db.selectDistinct({ id: services.projectId }).from(services).all();
	return new Set([...busy, ...owning].map(({ id }) => id));
}

export type SecretState = 'current' | 'pending';

export function findSecretCell(db: Db, serviceId: string, name: string, state: SecretState) {
	return db
		.select()
		.from(serviceSecrets)
		.where(
			and(
				eq(serviceSecrets.serviceId, serviceId),
				eq(serviceSecrets.name, name),
				eq(serviceSecrets.state, state),
			),
		)
		.get();
}

export function putSecretCell(
	tx: Db,
	key: { serviceId: string; name: string; state: SecretState },
	cell: string,
) {
	const changedAt = new Date();
	tx.insert(serviceSecrets)
		.values({ ...key, cell, changedAt })
		.onConflictDoUpdate({
			target: [serviceSecrets.serviceId, serviceSecrets.name, serviceSecrets.state],
			set: { cell, changedAt },
		})
		.run();
}

/** Without `state`: in both states. */
export function deleteSecretCells(tx: Db, serviceId: string, name: string, state?: SecretState): void {
	const states: SecretState[] = state === undefined ? ['current', 'pending'] : [state];
	tx.delete(serviceSecrets)
		.where(
			and(
				eq(serviceSecrets.serviceId, serviceId),
				eq(serviceSecrets.name, name),
				inArray(serviceSecrets.state, states),
			),
		)
		.run();
}
