export { Airflow, type AirflowArgs } from "./airflow";
