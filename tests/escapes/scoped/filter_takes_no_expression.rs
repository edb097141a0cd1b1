// A filter is made of columns and values; an expression of SeaORM's is neither.
use cotenant_scoped::Filter;
use cotenant_escapes::store;
use sea_orm::sea_query::Expr;

fn smuggle() -> Filter<store::Entity> {
    Filter::eq(store::Column::Name, Expr::cust("'' OR 1 = 1"))
}

fn main() {}
