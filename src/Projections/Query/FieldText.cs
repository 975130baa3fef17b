using IaaS.Projections.Kernel;

namespace IaaS.Projections.Query;

/// <summary>What a field holds, in words.</summary>
internal static class FieldText
{
    public static string Expected(ViewField field) => field.Kind switch
    {
        FieldKind.Choice => $"one of {string.Join(", ", field.Choices)}",
        FieldKind.Whole => field.ClrType == typeof(int) ? "a whole number of 32 bits" : "a whole number of 64 bits",
        FieldKind.Bytes => "a whole number of bytes, like 4294967296 or 4GiB",
        FieldKind.Number => "a number",
        FieldKind.Truth => "true or false",
        FieldKind.Instant => "a time like 2026-01-31T12:00:00Z",
        FieldKind.TextList => "a list of texts",
        FieldKind.Document => "a document",
        _ => "text",
    };
}
