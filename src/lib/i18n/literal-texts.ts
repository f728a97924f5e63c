import { parse, type AST } from 'svelte/compiler';

/** Attributes and props whose text a person reads or hears. */
const humanAttributes = new Set([
	'title',
	'placeholder',
	'aria-label',
	'aria-description',
	'aria-roledescription',
	'aria-valuetext',
	'alt',
	'label',
	'hint',
	'text',
	'description',
	'summary',
	'confirmLabel',
	'valueText',
]);

const hasLetters = (text: string) => /\p{L}/u.test(text);

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;

/** Strings that an expression itself may print: literals, templates, and the branches of a choice; not arguments or comparisons. */
function printed(expression: unknown): string[] {
	if (!isRecord(expression)) return [];
	switch (expression['type']) {
		case 'Literal':
			return typeof expression['value'] === 'string' ? [expression['value']] : [];
		case 'TemplateLiteral': {
			const parts = Array.isArray(expression['quasis']) ? expression['quasis'] : [];
			return parts.flatMap((part: unknown) => {
				const value = isRecord(part) ? part['value'] : undefined;
				return isRecord(value) && typeof value['cooked'] === 'string' ? [value['cooked']] : [];
			});
		}
		case 'ConditionalExpression':
			return [...printed(expression['consequent']), ...printed(expression['alternate'])];
		case 'LogicalExpression':
			return [...printed(expression['left']), ...printed(expression['right'])];
		default:
			return [];
	}
}

function valueTexts(value: AST.Attribute['value']): string[] {
	if (value === true) return [];
	const parts = Array.isArray(value) ? value : [value];
	return parts.flatMap((part) => (part.type === 'Text' ? [part.data] : printed(part.expression)));
}

/**
 * The sentences written straight into a component instead of a message: text between tags, strings in `{}` and in attributes that
 * people read. Text without a letter (`·`, `/`, `%`) is no sentence.
 */
export function literalTexts(source: string): string[] {
	const found: string[] = [];
	const take = (texts: readonly string[], around: (text: string) => string = (text) => text) => {
		for (const text of texts) if (hasLetters(text)) found.push(around(text.trim().replace(/\s+/g, ' ')));
	};

	const walk = (node: unknown): void => {
		if (Array.isArray(node)) return node.forEach(walk);
		if (!isRecord(node)) return;
		if (node['type'] === 'Text' && typeof node['data'] === 'string') return take([node['data']]);
		if (node['type'] === 'ExpressionTag') return take(printed(node['expression']));
		if (node['type'] === 'Comment') return;
		for (const [key, child] of Object.entries(node)) {
			if (key === 'attributes') walkAttributes(child);
			else if (key !== 'expression' && key !== 'metadata' && key !== 'context') walk(child);
		}
	};
	const walkAttributes = (attributes: unknown): void => {
		if (!Array.isArray(attributes)) return;
		for (const attribute of attributes as AST.Attribute[])
			if (attribute.type === 'Attribute' && humanAttributes.has(attribute.name))
				take(valueTexts(attribute.value), (text) => `${attribute.name}="${text}"`);
	};

	walk(parse(source, { modern: true }).fragment);
	return found;
}
