"""The relay's database: tables, migrations, one repository per aggregate, and the city's files."""
