-- MLflow keeps its runs in a database of its own beside that of the cells.
CREATE DATABASE mlflow OWNER seicast;
