export type EngineShape = 'tables' | 'documents' | 'keys';

/** What a database of the engine holds, or the files of file storage. */
export type EngineOutline = EngineShape | 'files';

/** How an engine is drawn: what it keeps, and its letters. */
export const engineSigns: Record<string, { shape: EngineOutline; letters: string }> = {
	postgres: { shape: 'tables', letters: 'Pg' },
	mysql: { shape: 'tables', letters: 'My' },
	mariadb: { shape: 'tables', letters: 'Ma' },
	mongodb: { shape: 'documents', letters: 'Mo' },
	ferretdb: { shape: 'documents', letters: 'Fe' },
	redis: { shape: 'keys', letters: 'Re' },
	valkey: { shape: 'keys', letters: 'Va' },
	garage: { shape: 'files', letters: 'Ga' },
	minio: { shape: 'files', letters: 'Mi' },
	seaweedfs: { shape: 'files', letters: 'Sw' },
};

/** What an engine keeps; an unknown one is taken for one with tables. */
export function shapeOf(engine: string): EngineShape {
	const shape = engineSigns[engine]?.shape;
	return shape === undefined || shape === 'files' ? 'tables' : shape;
}

/** A first statement, in the words that the engine takes: the same in every language. */
export const queryExamples: Record<EngineShape, string> = {
	tables: 'SELECT * FROM orders LIMIT 10',
	documents: '{ "find": "orders", "filter": {}, "limit": 10 }',
	keys: 'GET cart:42',
};
