import { type ToolName } from "../catalog";

/** A chart that comes out of a Go module: where no chart repository is reached, the module proxy still is. */
export interface ModuleChart {
    /** Name under `.sandbox/charts` and `.sandbox/crds`. */
    name: string;
    /** A tool that is built from the same module; its go.mod pins the version, its go.sum what is in it. */
    tool: ToolName;
    /** The chart's folder in the module. */
    chart: string;
    /** The folder of its CRDs in the module. */
    crds: string;
    /** Chart.yaml has no versions yet: upstream's release tool fills in those of the module. @default the file is whole already */
    unversioned?: boolean;
}

export const moduleCharts: ModuleChart[] = [
    {
        name: "cert-manager",
        tool: "cert-manager-controller",
        chart: "deploy/charts/cert-manager",
        crds: "deploy/crds",
        unversioned: true,
    },
    {
        name: "spark-operator",
        tool: "spark-operator",
        chart: "charts/spark-operator-chart",
        crds: "charts/spark-operator-chart/crds",
    },
];
