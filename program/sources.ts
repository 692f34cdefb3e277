import { isObject } from "../config/merge";
import { ownValues } from "../config/own-values";
import { profiles } from "../config/profiles";
import { groupOf, project, StackConfig } from "./stack-config";

type Group = Record<string, unknown>;

/**
 * A stack's config with every chart and CRD that has a form in the project taken from there: Airflow's light chart, and
 * what the sandbox takes out of Go modules. Nothing is downloaded then, and the same comes out on every machine.
 *
 * DAGs that come by git-sync need Airflow's official chart, which then stays as it is.
 */
export function directoryForms(config: StackConfig): StackConfig {
    const key = (name: string) => `${project}:${name}`;
    const read = (name: string): Group => groupOf(config.values, name) ?? {};
    const { charts, chartVersions, chartValues, crds, orchestrator } = Object.fromEntries(
        ["charts", "chartVersions", "chartValues", "crds", "orchestrator"].map((name) => [name, read(name)]),
    );
    const gitSync = (orchestrator.dags as Group | undefined)?.kind === "git";
    const forms = Object.entries(profiles.sandbox.charts).filter(
        ([name, source]) => isDirectory(source) && !isDirectory(charts[name]) && !(name === "airflow" && gitSync),
    );
    const exchanged = new Set(forms.map(([name]) => name));
    const versions = Object.entries(chartVersions).filter(([name]) => !exchanged.has(name));
    const values = Object.entries(chartValues).map(([name, of]): [string, unknown] => {
        const form = forms.find(([other]) => other === name);
        return [name, form && isObject(of) ? known(of, String(form[1])) : of];
    });
    const definitions = Object.fromEntries(
        Object.entries(profiles.sandbox.crds).filter(([, sources]) => sources.every(isDirectory)),
    );
    const changed: Record<string, Group> = {
        charts: { ...charts, ...Object.fromEntries(forms) },
        chartVersions: Object.fromEntries(versions),
        chartValues: Object.fromEntries(values),
        crds: { ...crds, ...definitions },
    };
    const texts = Object.entries(changed)
        .filter(([, group]) => Object.keys(group).length > 0)
        .map(([name, group]): [string, string] => [key(name), JSON.stringify(group)]);
    const untouched = Object.entries(config.values).filter(([name]) => !Object.keys(changed).map(key).includes(name));
    return { ...config, values: Object.fromEntries([...untouched, ...texts]) };
}

/** The values that a chart in the project has a key for: another form of a chart need not know all that upstream's does. */
function known(values: Group, chart: string): Group {
    const keys = Object.keys(ownValues(chart));
    return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

/** Tells whether a source of a chart, or a file of CRDs, is in the project. */
export function isDirectory(source: unknown): source is string {
    return typeof source === "string" && source.startsWith("./");
}
