import type { EngineBroker } from './broker';
import type { ServiceRow } from './repository';

/** What a running engine tells of itself; null where it has none of it or does not tell. */
export type EngineSample = {
	connections: number | null;
	maxConnections: number | null;
	version: string | null;
	/** Of its databases or buckets; null too unless it was measured. */
	sizeBytes: number | null;
	objects: number | null;
	/** Of the disk below a storage server's volume. */
	diskTotalBytes: number | null;
	diskFreeBytes: number | null;
};

const nothing: EngineSample = {
	...{ connections: null, maxConnections: null, version: null },
	...{ sizeBytes: null, objects: null, diskTotalBytes: null, diskFreeBytes: null },
};

/** Asks a running engine; without `isMeasured` for what costs it next to nothing. Throws as the broker does. */
export async function sampleEngine(
	broker: Pick<EngineBroker, 'admin' | 'storageAdmin'>,
	service: ServiceRow,
	isMeasured: boolean,
): Promise<EngineSample> {
	switch (service.kind) {
		case 'database': {
			const { connections, maxConnections, version, sizeBytes } = await (
				await broker.admin(service)
			).statistics({ isMeasured });
			return { ...nothing, connections, maxConnections, version, sizeBytes };
		}
		case 'storage': {
			const admin = await broker.storageAdmin(service);
			return isMeasured
				? { ...nothing, ...(await admin.usage()) }
				: { ...nothing, version: await admin.version() };
		}
	}
}
