import { z } from 'zod';
import { policy, type ProcedurePath } from '../auth/policy';
import { appRouter } from '../trpc/router';
import type { ProcedureType } from './surface-caller';

export type ProcedureFacts = {
	path: ProcedurePath;
	type: ProcedureType;
	inputSchemas: unknown[];
	/** Every field an input may have, optional ones and those of each branch too. */
	inputFields: string[];
	outputSchema: unknown;
};

const definition = z.looseObject({
	query: z.boolean().optional(),
	mutation: z.boolean().optional(),
	subscription: z.boolean().optional(),
	inputs: z.array(z.unknown()),
	output: z.unknown().optional(),
});

function isPolicyPath(path: string): path is ProcedurePath {
	return Object.hasOwn(policy, path);
}

function fieldsOf(schema: unknown): string[] {
	if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
	if (schema instanceof z.ZodUnion) return schema.options.flatMap(fieldsOf);
	if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return fieldsOf(schema.unwrap());
	return [];
}

/** Every procedure the API has, read from the router itself. Throws when one has no policy row. */
export function proceduresOf(): ProcedureFacts[] {
	return Object.entries(appRouter._def.procedures).map(([path, procedure]) => {
		const facts = definition.parse(Reflect.get(procedure, '_def'));
		if (!isPolicyPath(path)) throw new Error(`${path} has no row in the policy table`);
		const type = facts.mutation ? 'mutation' : facts.subscription ? 'subscription' : 'query';
		const inputFields = [...new Set(facts.inputs.flatMap(fieldsOf))];
		return { path, type, inputSchemas: facts.inputs, inputFields, outputSchema: facts.output };
	});
}
