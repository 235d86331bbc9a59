using Carrick.TestServices.Postgres;

[assembly: AssemblyFixture(typeof(SharedPostgres))]
