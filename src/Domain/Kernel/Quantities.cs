using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IaaS.Domain.Kernel;

/// <summary>An amount of memory or storage. The unit is part of the type; on the wire it is a plain number of bytes.</summary>
[JsonConverter(typeof(BytesConverter))]
public readonly record struct Bytes(long Value) : IComparable<Bytes>
{
    public static Bytes Zero => default;

    public int CompareTo(Bytes other) => Value.CompareTo(other.Value);

    public static bool operator <(Bytes left, Bytes right) => left.Value < right.Value;
    public static bool operator >(Bytes left, Bytes right) => left.Value > right.Value;
    public static bool operator <=(Bytes left, Bytes right) => left.Value <= right.Value;
    public static bool operator >=(Bytes left, Bytes right) => left.Value >= right.Value;
    public static Bytes operator +(Bytes left, Bytes right) => new(checked(left.Value + right.Value));
    public static Bytes operator -(Bytes left, Bytes right) => new(checked(left.Value - right.Value));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value} bytes");
}

public sealed class BytesConverter : JsonConverter<Bytes>
{
    public override Bytes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, Bytes value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Value);
}

/// <summary>Lets a quantity be written as it is read: <c>4.GiB</c>.</summary>
public static class QuantityExtensions
{
    extension(int amount)
    {
        public Bytes MiB => new((long)amount << 20);
        public Bytes GiB => new((long)amount << 30);
        public Bytes TiB => new((long)amount << 40);
    }
}
