import { and, asc, desc, eq, gte, inArray, isNull, ne, or } from 'drizzle-orm';
import type { OperationKind, OperationStepKey } from '$lib/shared/operations';
import type { Db } from '../db/client';
import { operations, operationSteps } from '../db/schema';

export type OperationRow = typeof operations.$inferSelect;
export type StepRow = typeof operationSteps.$inferSelect;
export type OperationWithSteps = { row: OperationRow; steps: StepRow[] };

export type NewOperation = {
	id: string;
	projectId: string;
	serviceId: string;
	serviceName: string;
	kind: OperationKind;
	input: Record<string, unknown>;
	actor: string;
	auditIntentSeq: number | null;
	stepKeys: OperationStepKey[];
};

/** Writes a running operation and its waiting steps. */
export function insertOperation(tx: Db, { stepKeys, ...operation }: NewOperation): void {
	tx.insert(operations)
		.values({ ...operation, status: 'running', createdAt: new Date() })
		.run();
	const rows = stepKeys.map((key, position) => ({
		operationId: operation.id,
		position,
		key,
		status: 'waiting' as const,
	}));
	if (rows.length > 0) tx.insert(operationSteps).values(rows).run();
}

export function findOperation(db: Db, id: string): OperationWithSteps | undefined {
	const row = db.select().from(operations).where(eq(operations.id, id)).get();
	return row && { row, steps: stepsOf(db, [id]) };
}

/** The operation that runs on this service, if any. */
export function findRunning(db: Db, serviceId: string): OperationRow | undefined {
	return db
		.select()
		.from(operations)
		.where(and(eq(operations.serviceId, serviceId), eq(operations.status, 'running')))
		.get();
}

export function listRunning(db: Db, projectId?: string): OperationRow[] {
	const inProject = projectId === undefined ? undefined : eq(operations.projectId, projectId);
	return db
		.select()
		.from(operations)
		.where(and(eq(operations.status, 'running'), inProject))
		.all();
}

/** Running operations that this process does not hold, oldest first. */
export function listUnowned(db: Db, owner: string): OperationRow[] {
	return db
		.select()
		.from(operations)
		.where(
			and(
				eq(operations.status, 'running'),
				or(isNull(operations.leaseOwner), ne(operations.leaseOwner, owner)),
			),
		)
		.orderBy(asc(operations.createdAt))
		.all();
}

/** A project's operations, newest first. */
export function listOperations(
	db: Db,
	filter: { projectId: string; serviceId?: string | undefined; limit: number },
): OperationWithSteps[] {
	const ofService = filter.serviceId === undefined ? undefined : eq(operations.serviceId, filter.serviceId);
	const rows = db
		.select()
		.from(operations)
		.where(and(eq(operations.projectId, filter.projectId), ofService))
		.orderBy(desc(operations.createdAt), desc(operations.id))
		.limit(filter.limit)
		.all();
	return withSteps(db, rows);
}

/** A service's operations of one kind, newest first. */
export function listOfKind(db: Db, serviceId: string, kind: OperationRow['kind']): OperationWithSteps[] {
	const rows = db
		.select()
		.from(operations)
		.where(and(eq(operations.serviceId, serviceId), eq(operations.kind, kind)))
		.orderBy(desc(operations.createdAt))
		.all();
	return withSteps(db, rows);
}

/** All operations of one kind that failed and could not be taken back. */
export function listFailed(db: Db, kind: OperationRow['kind']): OperationRow[] {
	return db
		.select()
		.from(operations)
		.where(and(eq(operations.kind, kind), eq(operations.status, 'failed')))
		.all();
}

function withSteps(db: Db, rows: OperationRow[]): OperationWithSteps[] {
	const steps = new Map<string, StepRow[]>(rows.map((row) => [row.id, []]));
	for (const step of stepsOf(db, [...steps.keys()])) steps.get(step.operationId)?.push(step);
	return rows.map((row) => ({ row, steps: steps.get(row.id) ?? [] }));
}

function stepsOf(db: Db, ids: string[]): StepRow[] {
	if (ids.length === 0) return [];
	return db
		.select()
		.from(operationSteps)
		.where(inArray(operationSteps.operationId, ids))
		.orderBy(asc(operationSteps.operationId), asc(operationSteps.position))
		.all();
}

export function updateOperation(db: Db, id: string, values: Partial<OperationRow>): void {
	db.update(operations).set(values).where(eq(operations.id, id)).run();
}

export function updateStep(db: Db, step: StepRow): void {
	db.update(operationSteps)
		.set(step)
		.where(and(eq(operationSteps.operationId, step.operationId), eq(operationSteps.position, step.position)))
		.run();
}

/** Puts off the end of every lease this process holds. */
export function renewLeases(db: Db, owner: string, until: Date): void {
	db.update(operations)
		.set({ leaseUntil: until })
		.where(and(eq(operations.leaseOwner, owner), eq(operations.status, 'running')))
		.run();
}

/** Lets go of every lease of this process, so that the next one takes its operations up. */
export function releaseLeases(db: Db, owner: string): void {
	db.update(operations)
		.set({ leaseOwner: null, leaseUntil: null })
		.where(and(eq(operations.leaseOwner, owner), eq(operations.status, 'running')))
		.run();
}

/** True when an operation runs on the service, or ran at any time from `since` on. */
export function hasOperatedSince(db: Db, serviceId: string, since: Date): boolean {
	const recent = or(eq(operations.status, 'running'), gte(operations.finishedAt, since));
	const found = db
		.select({ id: operations.id })
		.from(operations)
		.where(and(eq(operations.serviceId, serviceId), recent))
		.limit(1)
		.get();
	return found !== undefined;
}
