"""What people see: the widget (built of `src/`, see `make web`), the try-it page, the API's description, the console."""
