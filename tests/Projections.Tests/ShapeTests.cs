using IaaS.Projections.Kernel;

namespace IaaS.Projections.Tests;

public sealed class ShapeTests
{
    private const string GadgetDdl = """
        create table read."view_gadget" (
          "id" text collate "C" not null,
          "project" text collate "C" not null,
          "name" text collate "C" not null,
          "phase" text collate "C" not null,
          "rank" integer,
          "size" bigint not null,
          "weight" double precision,
          "is_shelved" boolean not null,
          "shelf" text collate "C",
          "made_at" timestamptz not null,
          "moved_at" timestamptz,
          "tags" text[] collate "C" not null,
          "spec" jsonb,
          "touched" bigint not null,
          "parts" jsonb not null,
          "#from" bigint not null,
          "#search" tsvector not null,
          primary key ("id")) with (fillfactor = 85);
        create table read."past_gadget" (
          "id" text collate "C" not null,
          "project" text collate "C" not null,
          "name" text collate "C" not null,
          "phase" text collate "C" not null,
          "rank" integer,
          "size" bigint not null,
          "weight" double precision,
          "is_shelved" boolean not null,
          "shelf" text collate "C",
          "made_at" timestamptz not null,
          "moved_at" timestamptz,
          "tags" text[] collate "C" not null,
          "spec" jsonb,
          "touched" bigint not null,
          "parts" jsonb not null,
          "#from" bigint not null,
          "#search" tsvector not null,
          "#until" bigint not null,
          primary key ("id", "#from"));
        create index "view_gadget_project" on read."view_gadget" ("project", "id");
        create index "past_gadget_project" on read."past_gadget" ("project", "id");
        create index "view_gadget_phase" on read."view_gadget" ("phase", "id");
        create index "past_gadget_phase" on read."past_gadget" ("phase", "id");
        create index "view_gadget_rank" on read."view_gadget" ("rank", "id");
        create index "past_gadget_rank" on read."past_gadget" ("rank", "id");
        create index "view_gadget_tags" on read."view_gadget" using gin ("tags");
        create index "view_gadget_search" on read."view_gadget" using gin ("#search");
        create table read."part_gadget_parts" (
          "#owner" text collate "C" not null,
          "#no" integer not null,
          "#project" text collate "C",
          "label" text collate "C",
          "shelf_id" text collate "C",
          "weight" bigint,
          "#from" bigint not null,
          primary key ("#owner", "#no"));
        create table read."past_part_gadget_parts" (
          "#owner" text collate "C" not null,
          "#no" integer not null,
          "#project" text collate "C",
          "label" text collate "C",
          "shelf_id" text collate "C",
          "weight" bigint,
          "#from" bigint not null,
          "#until" bigint not null,
          primary key ("#owner", "#no", "#from"));
        create index "part_gadget_parts_label" on read."part_gadget_parts" ("label", "#owner");
        create index "past_part_gadget_parts_label" on read."past_part_gadget_parts" ("label", "#owner");
        create index "part_gadget_parts_shelf_id" on read."part_gadget_parts" ("shelf_id", "#owner");
        create index "past_part_gadget_parts_shelf_id" on read."past_part_gadget_parts" ("shelf_id", "#owner");
        create index if not exists "view_gadget_made_at_name" on read."view_gadget" ("made_at", "name", "id");
        create index if not exists "view_gadget_moved_at" on read."view_gadget" ("moved_at") where "moved_at" is not null;

        """;

    [Fact]
    public void The_record_is_the_declaration_of_its_table() => Assert.Equal(GadgetDdl, ViewTables.Ddl(ViewShape.Of<GadgetView>()));

    [Fact]
    public void Views_are_found_by_their_assembly() =>
        Assert.Equal(["gadget", "shelf"], ViewShape.FindAll(typeof(GadgetView).Assembly).Select(v => v.Name));

    [Fact]
    public void A_row_that_is_used_again_outlives_those_that_are_not()
    {
        var cache = new RowCache<string>(10);
        for (var i = 0; i < 100; i++)
        {
            cache.Put($"{i}", "row");
            cache.Put("hot", cache.Find("hot") ?? "kept");
        }

        Assert.Equal("kept", cache.Find("hot"));
        Assert.Null(cache.Find("1"));
        Assert.InRange(cache.Count, 1, 12);
    }
}
