import { type ToolName } from "../tools/catalog";

/** A chart that comes out of a Go module: where no chart repository is reached, the module proxy still is. */
export interface ModuleChart {
    /** What it is called under `.sandbox/charts` and `.sandbox/crds`. */
    name: string;
    /** A tool that is built from the same module; its go.mod pins the version, its go.sum what is in it. */
    tool: ToolName;
    /** The chart's folder in the module. */
    chart: string;
    /** The folder of its custom resource definitions in the module. */
    crds: string;
    /** What stands in Chart.yaml where upstream's release tool fills it in. @default the file is whole already */
    template?: string;
    /** Labels of the definitions where the module has Helm templates in their place. @default they are whole already */
    crdLabels?: (version: string) => Record<string, string>;
}

export const moduleCharts: ModuleChart[] = [
    {
        name: "cert-manager",
        tool: "cert-manager-controller",
        chart: "deploy/charts/cert-manager",
        crds: "deploy/crds",
        template: "Chart.template.yaml",
        crdLabels: (version) => ({
            app: "cert-manager",
            "app.kubernetes.io/name": "cert-manager",
            "app.kubernetes.io/instance": "cert-manager",
            "app.kubernetes.io/version": version,
        }),
    },
    {
        name: "spark-operator",
        tool: "spark-operator",
        chart: "charts/spark-operator-chart",
        crds: "charts/spark-operator-chart/crds",
    },
];
