type Step = { name: string } | { index: number } | { all: true } | { path: string; equals: unknown };

/**
 * The values at a path such as `.status.items[0].name`, `.spec.ports[*].port`, `.status.conditions[?(@.type=="Ready")].status`;
 * undefined for a path that isn't understood.
 */
export function valuesAt(object: unknown, path: string): unknown[] | undefined {
    const steps = stepsOf(path);
    return steps?.reduce<unknown[]>((values, step) => values.flatMap((value) => follow(value, step)), [object]);
}

function stepsOf(path: string): Step[] | undefined {
    const steps: Step[] = [];
    let rest = path.replace(/^\$/, "");
    if (!/^[.[]/.test(rest)) rest = `.${rest}`;
    while (rest) {
        const found = forms.map(({ form, step }) => ({ match: form.exec(rest), step })).find(({ match }) => match);
        if (!found?.match) return undefined;
        steps.push(found.step(found.match));
        rest = rest.slice(found.match[0].length);
    }
    return steps;
}

const forms: { form: RegExp; step: (match: RegExpExecArray) => Step }[] = [
    // A dot in a name is escaped, as kubectl has it.
    { form: /^\.((?:[\w/-]|\\\.)+)/, step: ([, name = ""]) => ({ name: name.replaceAll("\\.", ".") }) },
    { form: /^\['([^']+)'\]|^\["([^"]+)"\]/, step: ([, one, other = ""]) => ({ name: one ?? other }) },
    { form: /^\[(-?\d+)\]/, step: ([, index]) => ({ index: Number(index) }) },
    { form: /^\[\*\]|^\.\*/, step: () => ({ all: true }) },
    {
        form: /^\[\?\(\s*@((?:\.[\w-]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*\)\]/,
        step: ([, path = "", one, other, bare]) => ({ path, equals: one ?? other ?? plain(bare ?? "") }),
    },
];

function plain(text: string): unknown {
    return /^(true|false|-?\d+(\.\d+)?)$/.test(text) ? (JSON.parse(text) as unknown) : text;
}

function follow(value: unknown, step: Step): unknown[] {
    if (typeof value !== "object" || value === null) return [];
    const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
    if ("name" in step) return step.name in value ? [(value as Record<string, unknown>)[step.name]] : [];
    if ("index" in step) return items.at(step.index) === undefined ? [] : [items.at(step.index)];
    if ("all" in step) return items;
    return items.filter((item) => valuesAt(item, step.path)?.includes(step.equals));
}
