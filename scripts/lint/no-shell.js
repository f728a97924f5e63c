// Commands run as an argument array, never through a shell: peers were broken into by exactly that.
const shells = new Set([
	'sh',
	'bash',
	'dash',
	'ash',
	'zsh',
	'/bin/sh',
	'/bin/bash',
	'/usr/bin/sh',
	'/usr/bin/bash',
]);
const shellFlag = /^-[a-z]*c[a-z]*$/;
const shellFunctions = new Set(['exec', 'execSync']);

/** @param {unknown} node @returns {string | null} */
function text(node) {
	const literal = /** @type {{ type?: string, value?: unknown }} */ (node);
	return literal?.type === 'Literal' && typeof literal.value === 'string' ? literal.value : null;
}

/** @type {import('eslint').Rule.RuleModule} */
export default {
	meta: {
		type: 'problem',
		schema: [],
		messages: {
			exec: '`{{name}}` runs a shell. Use spawn or execFile with an argument array.',
			shell: 'The `shell` option runs a shell. Leave it out.',
			argv: 'This argument array starts a shell with a command string.',
		},
	},
	create(context) {
		return {
			ImportDeclaration(node) {
				if (node.source.value !== 'node:child_process' && node.source.value !== 'child_process') return;
				for (const specifier of node.specifiers) {
					if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') {
						context.report({ node: specifier, messageId: 'exec', data: { name: '* as child_process' } });
					} else if (shellFunctions.has(specifier.imported.name)) {
						context.report({ node: specifier, messageId: 'exec', data: { name: specifier.imported.name } });
					}
				}
			},
			Property(node) {
				const name = node.key.type === 'Identifier' ? node.key.name : text(node.key);
				const isOff = node.value.type === 'Literal' && node.value.value === false;
				const holder = node.parent.type === 'ObjectExpression' ? node.parent.parent.type : '';
				if (name === 'shell' && !isOff && holder === 'CallExpression') {
					context.report({ node, messageId: 'shell' });
				}
			},
			ArrayExpression(node) {
				const words = node.elements.map(text);
				words.forEach((word, index) => {
					const next = words[index + 1];
					if (word && next && shells.has(word) && shellFlag.test(next))
						context.report({ node, messageId: 'argv' });
				});
			},
			CallExpression(node) {
				const [program, args] = node.arguments;
				const word = text(program);
				if (!word || !shells.has(word) || args?.type !== 'ArrayExpression') return;
				const flag = text(args.elements[0]);
				if (flag && shellFlag.test(flag)) context.report({ node, messageId: 'argv' });
			},
		};
	},
};
