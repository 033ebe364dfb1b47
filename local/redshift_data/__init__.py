"""boto3's calls of the Redshift Data API in, statements run on the warehouse as its client out."""

from local.redshift_data.api import RedshiftDataService
from local.redshift_data.driver import WarehouseAddress, driver_connect

__all__ = ["RedshiftDataService", "WarehouseAddress", "driver_connect"]
